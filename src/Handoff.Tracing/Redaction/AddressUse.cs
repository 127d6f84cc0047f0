namespace Handoff.Tracing.Redaction;

/// <summary>Which parts of the address space a recording uses, and which of them belong together. Memory follows the parts, not the events.</summary>
internal sealed class AddressUse
{
    /// <summary>Parts are 2 MiB: what moves keeps its place in one, and with it every alignment that findings look at.</summary>
    internal const int PartShift = 21;

    private const ulong LongestRun = 1 << 16; // parts of one buffer: 128 GiB, more than any buffer has
    private const int MostParts = 1 << 22; // beyond, addresses stay

    private readonly HashSet<ulong> _parts = [];
    private readonly HashSet<ulong> _joined = []; // a part here is one with the next part
    private readonly HashSet<ulong> _fixed = [];

    /// <summary>Parts in use, in order.</summary>
    internal IReadOnlyList<ulong> Parts => [.. _parts.Order()];

    /// <summary>Whether a part and the next one must stay neighbours.</summary>
    internal bool IsJoined(ulong part) => _joined.Contains(part);

    /// <summary>Whether a part must stay.</summary>
    internal bool IsFixed(ulong part) => _fixed.Contains(part);

    /// <summary>Takes note of a buffer.</summary>
    internal void Add(ulong address, ulong size)
    {
        if (address == ulong.MaxValue || _parts.Count >= MostParts)
            return;
        ulong last = address + (size == 0 ? 0 : size - 1);
        if (last < address)
            last = ulong.MaxValue;
        ulong first = address >> PartShift, end = last >> PartShift;
        if (end - first > LongestRun)
        {
            _fixed.Add(first);
            return;
        }

        for (ulong part = first; ; part++)
        {
            _parts.Add(part);
            if (part == end)
                break;
            _joined.Add(part);
        }
    }

    /// <summary>Keeps a buffer where it is.</summary>
    internal void Fix(ulong address, ulong size)
    {
        ulong first = address >> PartShift, end = (address + (size == 0 ? 0 : size - 1)) >> PartShift;
        for (ulong part = first; part <= end && part - first <= LongestRun && _fixed.Count < MostParts; part++)
            _fixed.Add(part);
    }
}
