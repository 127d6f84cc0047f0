namespace Handoff.Litmus.Lowering;

/// <summary>Joins ranges that lie side by side: what happens to 16,384 pages in a row happens to one range.</summary>
internal static class Adjoining
{
    /// <summary>The ranges, each joined with those that go on where it ends.</summary>
    public static IEnumerable<(ulong Start, ulong Size)> Join(IEnumerable<(ulong Start, ulong Size)> ranges)
    {
        (ulong start, ulong size) = (0, 0);
        foreach ((ulong next, ulong more) in ranges)
        {
            if (size > 0 && next == start + size)
            {
                size += more;
                continue;
            }

            if (size > 0)
                yield return (start, size);
            (start, size) = (next, more);
        }

        if (size > 0)
            yield return (start, size);
    }

    /// <summary>Adds an effect, or makes the last one longer if this one goes on where it ends, in another cache line.</summary>
    public static void Append(this List<MemoryEffect> effects, MemoryEffect effect, ulong line)
    {
        if (effects.Count > 0 && effects[^1] is var last && GoesOn(last, effect, line))
            effects[^1] = last with { Size = last.Size + effect.Size };
        else
            effects.Add(effect);
    }

    private static bool GoesOn(in MemoryEffect last, in MemoryEffect next, ulong line) =>
        last.Kind == next.Kind && last.Path == next.Path && last.Label == next.Label
        && last.Kind is not (EffectKind.CleanInvalidate or EffectKind.Drop) // those act on the line of their first byte alone
        && last.Size > 0 && next.Size > 0 && last.End == next.Start && next.Start % line == 0
        && (!last.HasOther || (last.Other + last.Size == next.Other && next.Other % line == 0));
}
