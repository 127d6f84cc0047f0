using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Handoff.Tracing.Recordings;

/// <summary>
/// The variable-length parts of events: a reader's are those of the current event, overwritten by every read; a batch's are those of all its
/// events, one of which is shown at a time.
/// </summary>
/// <param name="keeps">Whether the lists of one event stay when the next event begins.</param>
internal sealed class EventLists(bool keeps = false)
{
    // What is shown lies within the arrays; they grow to the largest event seen, which a record's 16-bit locators or a line's length bound.
    private PhysicalAddress[] _physical = new PhysicalAddress[256];
    private DmaAddress[] _dma = new DmaAddress[256];
    private uint[] _lengths = new uint[256];
    private byte[] _text = new byte[512];
    private Place _shown; // what the spans give

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

    /// <summary>Bytes of all events since the last <see cref="Clear"/>, the current one left out.</summary>
    internal int Kept => ((_shown.Physical + _shown.Dma) * sizeof(ulong)) + (_shown.Lengths * sizeof(uint)) + _shown.Text;

    /// <summary>Where the lists of the current event are.</summary>
    internal Place Shown => _shown;

    /// <summary>Forgets everything.</summary>
    internal void Clear() => _shown = default;

    /// <summary>An event begins, without lists so far.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Begin()
    {
        if (!IsEmpty)
            Leave();
    }

    private void Leave() =>
        _shown = !keeps ? default : new Place
        {
            Physical = _shown.Physical + _shown.PhysicalCount,
            Dma = _shown.Dma + _shown.DmaCount,
            Lengths = _shown.Lengths + _shown.LengthCount,
            Text = _shown.Text + _shown.TextCount,
        };

    /// <summary>Room for <paramref name="count"/> physical addresses, to be written by the caller.</summary>
    internal Span<ulong> ResizePhysical(int count)
    {
        Reserve(ref _physical, _shown.Physical + count);
        _shown.PhysicalCount = count;
        return MemoryMarshal.Cast<PhysicalAddress, ulong>(_physical.AsSpan(_shown.Physical, count));
    }

    /// <summary>Room for <paramref name="count"/> device addresses.</summary>
    internal Span<ulong> ResizeDma(int count)
    {
        Reserve(ref _dma, _shown.Dma + count);
        _shown.DmaCount = count;
        return MemoryMarshal.Cast<DmaAddress, ulong>(_dma.AsSpan(_shown.Dma, count));
    }

    /// <summary>Room for <paramref name="count"/> lengths.</summary>
    internal Span<uint> ResizeLengths(int count)
    {
        Reserve(ref _lengths, _shown.Lengths + count);
        _shown.LengthCount = count;
        return _lengths.AsSpan(_shown.Lengths, count);
    }

    /// <summary>Room for <paramref name="count"/> bytes of text.</summary>
    internal Span<byte> ResizeText(int count)
    {
        Reserve(ref _text, _shown.Text + count);
        _shown.TextCount = count;
        return _text.AsSpan(_shown.Text, count);
    }

    /// <summary>Takes over text.</summary>
    internal void SetText(ReadOnlySpan<byte> text) => text.CopyTo(ResizeText(text.Length));

    /// <summary>Shows the lists of one event.</summary>
    internal void Show(in Place place) => _shown = place;

    private static void Reserve<T>(ref T[] array, int count)
    {
        if (array.Length < count)
            Array.Resize(ref array, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count));
    }
}
