using System.Runtime.InteropServices;

namespace Handoff.Tracing.Recordings;

/// <summary>
/// The variable-length parts of events: a reader's are those of the current event, overwritten by every read; a batch's are those of all its
/// events, one of which is shown at a time.
/// </summary>
internal sealed class EventLists
{
    // Counts are at most the array lengths; arrays grow to the largest event seen, which a record's 16-bit locators or a line's length bound.
    private PhysicalAddress[] _physical = new PhysicalAddress[256];
    private DmaAddress[] _dma = new DmaAddress[256];
    private uint[] _lengths = new uint[256];
    private byte[] _text = new byte[512];
    private Place _shown; // what the spans give
    private Place _end; // of all that was appended; counts are 0

    /// <summary>Where the lists of one event are.</summary>
    internal struct Place
    {
        public int Physical, PhysicalCount, Dma, DmaCount, Lengths, LengthCount, Text, TextCount;
    }

    internal ReadOnlySpan<PhysicalAddress> PhysicalAddresses => _physical.AsSpan(_shown.Physical, _shown.PhysicalCount);

    internal ReadOnlySpan<DmaAddress> DmaAddresses => _dma.AsSpan(_shown.Dma, _shown.DmaCount);

    internal ReadOnlySpan<uint> Lengths => _lengths.AsSpan(_shown.Lengths, _shown.LengthCount);

    internal ReadOnlySpan<byte> Text => _text.AsSpan(_shown.Text, _shown.TextCount);

    internal bool IsEmpty => (_shown.PhysicalCount | _shown.DmaCount | _shown.LengthCount | _shown.TextCount) == 0;

    /// <summary>Bytes appended since the last <see cref="Clear"/>.</summary>
    internal int Appended => ((_end.Physical + _end.Dma) * sizeof(ulong)) + (_end.Lengths * sizeof(uint)) + _end.Text;

    internal void Clear() => _shown = _end = default;

    /// <summary>Room for <paramref name="count"/> physical addresses, to be written by the caller.</summary>
    internal Span<ulong> ResizePhysical(int count)
    {
        if (_physical.Length < count)
            Array.Resize(ref _physical, Grow(count));
        _shown.PhysicalCount = count;
        return MemoryMarshal.Cast<PhysicalAddress, ulong>(_physical.AsSpan(0, count));
    }

    /// <summary>Room for <paramref name="count"/> device addresses.</summary>
    internal Span<ulong> ResizeDma(int count)
    {
        if (_dma.Length < count)
            Array.Resize(ref _dma, Grow(count));
        _shown.DmaCount = count;
        return MemoryMarshal.Cast<DmaAddress, ulong>(_dma.AsSpan(0, count));
    }

    /// <summary>Room for <paramref name="count"/> lengths.</summary>
    internal Span<uint> ResizeLengths(int count)
    {
        if (_lengths.Length < count)
            Array.Resize(ref _lengths, Grow(count));
        _shown.LengthCount = count;
        return _lengths.AsSpan(0, count);
    }

    /// <summary>Room for <paramref name="count"/> bytes of text.</summary>
    internal Span<byte> ResizeText(int count)
    {
        if (_text.Length < count)
            Array.Resize(ref _text, Grow(count));
        _shown.TextCount = count;
        return _text.AsSpan(0, count);
    }

    /// <summary>Takes over text.</summary>
    internal void SetText(ReadOnlySpan<byte> text) => text.CopyTo(ResizeText(text.Length));

    /// <summary>Takes over another event's lists behind those it has.</summary>
    internal Place Append(EventLists from)
    {
        Place place = _end;
        place.PhysicalCount = Append(from.PhysicalAddresses, ref _physical, ref _end.Physical);
        place.DmaCount = Append(from.DmaAddresses, ref _dma, ref _end.Dma);
        place.LengthCount = Append(from.Lengths, ref _lengths, ref _end.Lengths);
        place.TextCount = Append(from.Text, ref _text, ref _end.Text);
        return place;
    }

    /// <summary>Shows the lists of one event.</summary>
    internal void Show(in Place place) => _shown = place;

    private static int Append<T>(ReadOnlySpan<T> items, ref T[] array, ref int end)
    {
        if (array.Length - end < items.Length)
            Array.Resize(ref array, Grow(end + items.Length));
        items.CopyTo(array.AsSpan(end));
        end += items.Length;
        return items.Length;
    }

    private static int Grow(int count) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count);
}
