namespace Handoff.Litmus.Language;

/// <summary>Finds the known name that somebody probably meant.</summary>
internal static class NearestName
{
    private const int LongestCompared = 64;

    /// <summary>The nearest candidate by edit distance, or <see langword="null"/> if none is near.</summary>
    public static string? Of(string name, IEnumerable<string> candidates)
    {
        if (name.Length is 0 or > LongestCompared)
            return null;
        string? best = null;
        int bestDistance = Math.Max(1, name.Length / 3) + 1;
        foreach (string candidate in candidates)
        {
            if (candidate.Length > LongestCompared || Math.Abs(candidate.Length - name.Length) >= bestDistance)
                continue;
            int distance = Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (distance < bestDistance)
                (best, bestDistance) = (candidate, distance);
        }

        return best;
    }

    /// <summary>"did you mean …?" or <see langword="null"/>.</summary>
    public static string? Hint(string name, IEnumerable<string> candidates) => Of(name, candidates) is { } near ? $"did you mean '{near}'?" : null;

    // Insertions, deletions, changes and swaps of neighbours, each at cost 1.
    private static int Distance(string a, string b)
    {
        int width = b.Length + 1;
        Span<int> table = stackalloc int[(LongestCompared + 1) * (LongestCompared + 1)];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    table[(i * width) + j] = i + j;
                    continue;
                }

                int best = table[((i - 1) * width) + j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                best = Math.Min(best, Math.Min(table[((i - 1) * width) + j], table[(i * width) + j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    best = Math.Min(best, table[((i - 2) * width) + j - 2] + 1);
                table[(i * width) + j] = best;
            }
        }

        return table[(a.Length * width) + b.Length];
    }
}
