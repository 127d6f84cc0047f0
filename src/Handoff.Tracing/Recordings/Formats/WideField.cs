using System.Runtime.CompilerServices;

namespace Handoff.Tracing.Recordings.Formats;

/// <summary>A number of eight bytes in this machine's order, or nothing: read without asking which.</summary>
internal readonly struct WideField
{
    private readonly nint _offset;
    private readonly ulong _mask;

    internal WideField(in Field field) => (_offset, _mask) = field.IsPresent ? (field.Offset, ulong.MaxValue) : (0, 0UL);

    /// <summary>Whether a field can be read so.</summary>
    internal static bool Fits(in Field field) => !field.IsPresent || field is { Kind: FieldKind.Scalar, Size: sizeof(ulong) };

    /// <summary>The number, zero if the event has no such field.</summary>
    /// <param name="record">The first byte of a record that holds the field, and eight bytes at least.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong In(ref byte record) => Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref record, _offset)) & _mask;
}
