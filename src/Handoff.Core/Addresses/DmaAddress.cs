using System.Globalization;

namespace Handoff;

/// <summary>An address as a device puts it on its bus (bytes).</summary>
/// <remarks>Kernel: <c>dma_addr_t</c>, 64 bits wide on every machine this library models.</remarks>
/// <param name="Value">The address in bytes.</param>
public readonly record struct DmaAddress(ulong Value) : IComparable<DmaAddress>
{
    /// <summary>The value a failed map returns: all ones.</summary>
    /// <remarks>Kernel: <c>DMA_MAPPING_ERROR</c>.</remarks>
    public static DmaAddress MappingError => new(ulong.MaxValue);

    /// <summary>Whether a map gave this address (it is not <see cref="MappingError"/>).</summary>
    public bool IsMapped => Value != ulong.MaxValue;

    /// <summary>The address <paramref name="bytes"/> further on (wraps like the kernel's arithmetic).</summary>
    public static DmaAddress operator +(DmaAddress address, ulong bytes) => new(unchecked(address.Value + bytes));

    /// <summary>The address <paramref name="bytes"/> before.</summary>
    public static DmaAddress operator -(DmaAddress address, ulong bytes) => new(unchecked(address.Value - bytes));

    /// <summary>The distance between two addresses in bytes.</summary>
    public static ulong operator -(DmaAddress left, DmaAddress right) => unchecked(left.Value - right.Value);

    /// <summary>Whether <paramref name="left"/> lies below <paramref name="right"/>.</summary>
    public static bool operator <(DmaAddress left, DmaAddress right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> lies above <paramref name="right"/>.</summary>
    public static bool operator >(DmaAddress left, DmaAddress right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> lies at or below <paramref name="right"/>.</summary>
    public static bool operator <=(DmaAddress left, DmaAddress right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> lies at or above <paramref name="right"/>.</summary>
    public static bool operator >=(DmaAddress left, DmaAddress right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public int CompareTo(DmaAddress other) => Value.CompareTo(other.Value);

    /// <summary>The address in hexadecimal with <c>0x</c>.</summary>
    public override string ToString() => IsMapped ? "0x" + Value.ToString("x", CultureInfo.InvariantCulture) : "DMA_MAPPING_ERROR";
}
