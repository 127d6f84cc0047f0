namespace Handoff.Tracing.Redaction;

/// <summary>
/// Moves addresses so that no finding changes. Between two neighbouring borders (powers of two, other ends of masks, ends of memory) all parts of
/// 2 MiB turn by the same number of parts; what one buffer or pool spans is not torn apart. Two addresses never become one.
/// </summary>
internal sealed class AddressRotation
{
    private const ulong Inside = (1UL << AddressUse.PartShift) - 1;
    private const ulong EndOfSpace = 1UL << (64 - AddressUse.PartShift);
    private const int MostTries = 4096;

    private readonly ulong[] _starts; // of stretches, in parts; the first is 0
    private readonly ulong[] _turns; // by how many parts a stretch turns

    /// <summary>Decides where everything goes.</summary>
    /// <param name="use">What must stay together.</param>
    /// <param name="borders">Addresses that nothing may cross, besides powers of two.</param>
    /// <param name="key">For the distances.</param>
    internal AddressRotation(AddressUse use, IEnumerable<ulong> borders, RedactionKey key)
    {
        var starts = new SortedSet<ulong> { 0 };
        foreach (ulong border in borders)
        {
            ulong part = border >> AddressUse.PartShift;
            starts.Add(part);
            // A border inside a part: what lies there cannot move without perhaps crossing it.
            if ((border & Inside) != 0)
                starts.Add(part + 1);
        }

        for (int bit = 0; bit < 64 - AddressUse.PartShift; bit++)
            starts.Add(1UL << bit);
        starts.RemoveWhere(static part => part >= EndOfSpace);
        _starts = [.. starts];
        _turns = new ulong[_starts.Length];
        if (use.IsFull)
            return;
        for (int i = 0; i < _starts.Length; i++)
            _turns[i] = Turn(use, _starts[i], End(i), key);
    }

    /// <summary>Where an address goes.</summary>
    internal ulong Move(ulong address)
    {
        if (address == ulong.MaxValue)
            return address;
        ulong part = address >> AddressUse.PartShift;
        int at = Array.BinarySearch(_starts, part);
        if (at < 0)
            at = ~at - 1;
        ulong turn = _turns[at];
        if (turn == 0)
            return address;
        ulong start = _starts[at], length = End(at) - start, place = part - start + turn;
        return ((start + (place >= length ? place - length : place)) << AddressUse.PartShift) | (address & Inside);
    }

    private ulong End(int stretch) => stretch + 1 < _starts.Length ? _starts[stretch + 1] : EndOfSpace;

    // The same distance for the same stretch and key, unless something there would be torn apart.
    private static ulong Turn(AddressUse use, ulong start, ulong end, RedactionKey key)
    {
        ulong length = end - start;
        if (length < 2 || (start > 0 && use.IsJoined(start - 1)) || use.IsJoined(end - 1))
            return 0; // nowhere to go, or something lies across a border
        for (ulong attempt = 0; attempt < MostTries; attempt++)
        {
            ulong turn = 1 + (key.Hash(start, end, attempt) % (length - 1));
            if (!use.IsJoined(end - turn - 1))
                return turn;
        }

        return 0;
    }
}
