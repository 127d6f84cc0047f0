using System.Runtime.InteropServices;

namespace Handoff.Tracing.Recordings;

/// <summary>The variable-length parts of the current event: one object per reader, overwritten by every read.</summary>
internal sealed class EventLists
{
    // Counts are at most the array lengths; arrays grow to the largest event seen, which a record's 16-bit locators or a line's length bound.
    private PhysicalAddress[] _physical = new PhysicalAddress[256];
    private DmaAddress[] _dma = new DmaAddress[256];
    private uint[] _lengths = new uint[256];
    private byte[] _text = new byte[512];
    private int _physicalCount, _dmaCount, _lengthCount, _textCount;

    internal ReadOnlySpan<PhysicalAddress> PhysicalAddresses => _physical.AsSpan(0, _physicalCount);

    internal ReadOnlySpan<DmaAddress> DmaAddresses => _dma.AsSpan(0, _dmaCount);

    internal ReadOnlySpan<uint> Lengths => _lengths.AsSpan(0, _lengthCount);

    internal ReadOnlySpan<byte> Text => _text.AsSpan(0, _textCount);

    internal void Clear() => _physicalCount = _dmaCount = _lengthCount = _textCount = 0;

    /// <summary>Room for <paramref name="count"/> physical addresses, to be written by the caller.</summary>
    internal Span<ulong> ResizePhysical(int count)
    {
        if (_physical.Length < count)
            Array.Resize(ref _physical, Grow(count));
        _physicalCount = count;
        return MemoryMarshal.Cast<PhysicalAddress, ulong>(_physical.AsSpan(0, count));
    }

    /// <summary>Room for <paramref name="count"/> device addresses.</summary>
    internal Span<ulong> ResizeDma(int count)
    {
        if (_dma.Length < count)
            Array.Resize(ref _dma, Grow(count));
        _dmaCount = count;
        return MemoryMarshal.Cast<DmaAddress, ulong>(_dma.AsSpan(0, count));
    }

    /// <summary>Room for <paramref name="count"/> lengths.</summary>
    internal Span<uint> ResizeLengths(int count)
    {
        if (_lengths.Length < count)
            Array.Resize(ref _lengths, Grow(count));
        _lengthCount = count;
        return _lengths.AsSpan(0, count);
    }

    /// <summary>Room for <paramref name="count"/> bytes of text.</summary>
    internal Span<byte> ResizeText(int count)
    {
        if (_text.Length < count)
            Array.Resize(ref _text, Grow(count));
        _textCount = count;
        return _text.AsSpan(0, count);
    }

    /// <summary>Takes over text.</summary>
    internal void SetText(ReadOnlySpan<byte> text) => text.CopyTo(ResizeText(text.Length));

    private static int Grow(int count) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count);
}
