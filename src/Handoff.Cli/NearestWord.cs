namespace Handoff.Cli;

/// <summary>Finds what somebody probably meant.</summary>
internal static class NearestWord
{
    /// <summary>The known word with the fewest typing mistakes from <paramref name="word"/>, if few enough.</summary>
    public static string? Find(string word, IEnumerable<string> known)
    {
        string? best = null;
        int fewest = Math.Max(1, word.Length / 3) + 1;
        foreach (string candidate in known)
        {
            int mistakes = Mistakes(word, candidate);
            if (mistakes < fewest)
            {
                fewest = mistakes;
                best = candidate;
            }
        }

        return best;
    }

    // Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    private static int Mistakes(string left, string right)
    {
        int[,] table = new int[left.Length + 1, right.Length + 1];
        for (int i = 0; i <= left.Length; i++)
            table[i, 0] = i;
        for (int j = 0; j <= right.Length; j++)
            table[0, j] = j;
        for (int i = 1; i <= left.Length; i++)
        {
            for (int j = 1; j <= right.Length; j++)
            {
                int same = left[i - 1] == right[j - 1] ? 0 : 1;
                int least = Math.Min(Math.Min(table[i - 1, j], table[i, j - 1]) + 1, table[i - 1, j - 1] + same);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                    least = Math.Min(least, table[i - 2, j - 2] + 1);
                table[i, j] = least;
            }
        }

        return table[left.Length, right.Length];
    }
}
