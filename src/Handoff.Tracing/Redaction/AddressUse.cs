namespace Handoff.Tracing.Redaction;

/// <summary>What must stay together when addresses move: parts of the address space that one buffer or pool spans. Memory follows these, not the events.</summary>
internal sealed class AddressUse
{
    /// <summary>Parts are 2 MiB: what moves keeps its place in one, and with it every alignment that findings look at.</summary>
    internal const int PartShift = 21;

    private const ulong LongestRun = 1 << 19; // parts of one buffer: 1 TiB, more than any buffer has
    private const int MostParts = 1 << 21;

    private readonly HashSet<ulong> _joined = []; // a part here is one with the next part
    private readonly HashSet<ulong> _slots = []; // parts with bounce slots outside of pools whose place is known

    /// <summary>Whether there was too much to remember: then nothing is known to be movable.</summary>
    internal bool IsFull { get; private set; }

    /// <summary>Whether a part and the next one must stay neighbours.</summary>
    internal bool IsJoined(ulong part) => _joined.Contains(part);

    /// <summary>Takes note of a buffer or a pool.</summary>
    internal void Join(ulong address, ulong size)
    {
        if (address == ulong.MaxValue || size <= 1)
            return;
        ulong last = address + size - 1;
        if (last < address)
            last = ulong.MaxValue;
        ulong first = address >> PartShift, end = last >> PartShift;
        if (first == end)
            return;
        if (end - first > LongestRun)
        {
            // No buffer is so long: an error in the recording, whose ends are what matters.
            _joined.Add(first);
            return;
        }

        for (ulong part = first; part < end; part++)
        {
            _joined.Add(part);
            IsFull |= _joined.Count > MostParts;
            if (IsFull)
                return;
        }
    }

    /// <summary>Takes note of a bounce slot: neighbouring parts with slots are taken to be one pool.</summary>
    internal void Slot(ulong address, ulong size)
    {
        if (address == ulong.MaxValue)
            return;
        Join(address, size);
        _slots.Add(address >> PartShift);
        IsFull |= _slots.Count > MostParts;
    }

    /// <summary>To be called when all is noted.</summary>
    /// <param name="onePool">Whether all slots are of one pool of unknown place: then what lies between them belongs to it, too.</param>
    internal void Complete(bool onePool)
    {
        ulong[] parts = [.. _slots.Order()];
        for (int i = 1; i < parts.Length; i++)
        {
            ulong gap = parts[i] - parts[i - 1];
            if (gap == 1 || (onePool && gap <= 1UL << 11))
                Join(parts[i - 1] << PartShift, (gap + 1) << PartShift);
        }

        _slots.Clear();
    }
}
