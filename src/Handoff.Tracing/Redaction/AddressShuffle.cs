namespace Handoff.Tracing.Redaction;

/// <summary>
/// Moves addresses about so that no finding changes. Parts of 2 MiB change places among parts between the same borders (masks, ends of memory, pools),
/// neighbours that one buffer spans stay neighbours, and the place inside a part stays. Two addresses never become one.
/// </summary>
internal sealed class AddressShuffle
{
    private const ulong Inside = (1UL << AddressUse.PartShift) - 1;

    private readonly Dictionary<ulong, ulong> _moved = [];

    /// <summary>Decides where everything goes.</summary>
    /// <param name="use">What is in use.</param>
    /// <param name="borders">Addresses that nothing may cross, besides powers of two.</param>
    /// <param name="random">For the order.</param>
    internal AddressShuffle(AddressUse use, IEnumerable<ulong> borders, Random random)
    {
        var starts = new SortedSet<ulong>(borders.Select(static border => border >> AddressUse.PartShift));
        // A border inside a part: what lies there cannot move without perhaps crossing it.
        var cut = new HashSet<ulong>(borders.Where(static border => (border & Inside) != 0).Select(static border => border >> AddressUse.PartShift));
        foreach (ulong part in cut)
            starts.Add(part + 1);
        for (int bit = 0; bit < 64 - AddressUse.PartShift; bit++)
            starts.Add(1UL << bit);

        ulong[] parts = [.. use.Parts];
        ulong[] limits = [.. starts];
        for (int from = 0; from < parts.Length;)
        {
            // All parts between two borders.
            int next = Array.BinarySearch(limits, parts[from] + 1);
            ulong limit = next >= 0 ? limits[next] : ~next < limits.Length ? limits[~next] : ulong.MaxValue;
            int to = from;
            while (to < parts.Length && parts[to] < limit)
                to++;
            Shuffle(use, parts.AsSpan(from, to - from), cut, random);
            from = to;
        }
    }

    /// <summary>Where an address goes.</summary>
    internal ulong Move(ulong address) =>
        _moved.TryGetValue(address >> AddressUse.PartShift, out ulong part) ? (part << AddressUse.PartShift) | (address & Inside) : address;

    private void Shuffle(AddressUse use, ReadOnlySpan<ulong> parts, HashSet<ulong> cut, Random random)
    {
        // Runs of parts that stay together; runs that must stay divide the rest.
        var runs = new List<(ulong First, int Length)>();
        for (int at = 0; at < parts.Length;)
        {
            int end = at + 1;
            while (end < parts.Length && parts[end] == parts[end - 1] + 1 && use.IsJoined(parts[end - 1]))
                end++;
            ulong first = parts[at];
            int length = end - at;
            bool stays = first == 0 || use.IsJoined(parts[end - 1]) || use.IsJoined(first - 1); // joined across a border
            for (int i = at; i < end; i++)
                stays |= use.IsFixed(parts[i]) || cut.Contains(parts[i]);
            if (stays)
                Place(runs, random);
            else
                runs.Add((first, length));
            at = end;
        }

        Place(runs, random);
    }

    private void Place(List<(ulong First, int Length)> runs, Random random)
    {
        if (runs.Count > 1)
        {
            var order = runs.ToArray();
            random.Shuffle(order);
            ulong[] gaps = new ulong[runs.Count - 1];
            for (int i = 0; i < gaps.Length; i++)
                gaps[i] = runs[i + 1].First - runs[i].First - (ulong)runs[i].Length;
            random.Shuffle(gaps);
            ulong to = runs[0].First;
            for (int i = 0; i < order.Length; i++)
            {
                for (int part = 0; part < order[i].Length; part++)
                    _moved[order[i].First + (ulong)part] = to++;
                if (i < gaps.Length)
                    to += gaps[i];
            }
        }

        runs.Clear();
    }
}
