using System.Globalization;

namespace Handoff;

/// <summary>An address of memory as the CPU's memory controller sees it (bytes from 0).</summary>
/// <remarks>Kernel: <c>phys_addr_t</c>, 64 bits wide on every machine this library models.</remarks>
/// <param name="Value">The address in bytes.</param>
public readonly record struct PhysicalAddress(ulong Value) : IComparable<PhysicalAddress>
{
    /// <summary>The value that stands for "no address": all ones.</summary>
    /// <remarks>Kernel: <c>INVALID_PHYS_ADDR</c>, and what a reverse translation without a range gives.</remarks>
    public static PhysicalAddress Invalid => new(ulong.MaxValue);

    /// <summary>Whether this is a real address (not <see cref="Invalid"/>).</summary>
    public bool IsValid => Value != ulong.MaxValue;

    /// <summary>The address <paramref name="bytes"/> further on (wraps like the kernel's arithmetic).</summary>
    public static PhysicalAddress operator +(PhysicalAddress address, ulong bytes) => new(unchecked(address.Value + bytes));

    /// <summary>The address <paramref name="bytes"/> before.</summary>
    public static PhysicalAddress operator -(PhysicalAddress address, ulong bytes) => new(unchecked(address.Value - bytes));

    /// <summary>The distance between two addresses in bytes.</summary>
    public static ulong operator -(PhysicalAddress left, PhysicalAddress right) => unchecked(left.Value - right.Value);

    /// <summary>Whether <paramref name="left"/> lies below <paramref name="right"/>.</summary>
    public static bool operator <(PhysicalAddress left, PhysicalAddress right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> lies above <paramref name="right"/>.</summary>
    public static bool operator >(PhysicalAddress left, PhysicalAddress right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> lies at or below <paramref name="right"/>.</summary>
    public static bool operator <=(PhysicalAddress left, PhysicalAddress right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> lies at or above <paramref name="right"/>.</summary>
    public static bool operator >=(PhysicalAddress left, PhysicalAddress right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public int CompareTo(PhysicalAddress other) => Value.CompareTo(other.Value);

    /// <summary>The address in hexadecimal with <c>0x</c>.</summary>
    public override string ToString() => IsValid ? "0x" + Value.ToString("x", CultureInfo.InvariantCulture) : "invalid";
}
