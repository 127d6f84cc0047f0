using System.Globalization;

namespace Handoff.Litmus.Language;

/// <summary>Finds the <c>expect</c> line that speaks about one kernel and one machine.</summary>
/// <remarks>
/// Of the lines that apply, the one with the most specific kernel wins (an exact name, then an add-on alone, then a range, then no
/// <c>on</c>); among equals the one with more conditions; among equals the last.
/// </remarks>
public static class ExpectationResolver
{
    /// <summary>The line that applies, or <see langword="null"/> if none does.</summary>
    /// <param name="test">The test.</param>
    /// <param name="kernel">The kernel profile, such as <c>linux-6.12</c> or <c>linux-6.12+no-bounce</c>.</param>
    /// <param name="variant">The machine.</param>
    public static Expectation? Find(LitmusTest test, string kernel, MachineVariant variant)
    {
        Expectation? best = null;
        (int Kernel, int Conditions) bestRank = (-1, -1);
        foreach (Expectation expectation in test.Expectations)
        {
            if (!expectation.Conditions.All(c => variant.Satisfies(c.Value)))
                continue;
            int kernelRank = expectation.Kernels.IsEmpty ? 0 : expectation.Kernels.Max(k => Rank(k, kernel));
            if (kernelRank < 0)
                continue;
            (int, int) rank = (kernelRank, expectation.Conditions.Length);
            if (rank.CompareTo(bestRank) >= 0)
                (best, bestRank) = (expectation, rank);
        }

        return best;
    }

    // 3 exact, 2 add-on alone, 1 range, -1 not selected.
    private static int Rank(KernelSelector selector, string kernel)
    {
        string[] parts = kernel.Split('+');
        ReadOnlySpan<string> addOns = parts.AsSpan(1);
        foreach (Name addOn in selector.AddOns)
        {
            if (!addOns.Contains(addOn.Text))
                return -1;
        }

        if (selector.From is null)
            return 2;
        if (addOns.Length != selector.AddOns.Length)
            return -1;
        if (selector.To is null)
            return selector.From.Text == parts[0] ? 3 : -1;
        return Compare(parts[0], selector.From.Text) is >= 0 && Compare(parts[0], selector.To.Text) is <= 0 ? 1 : -1;
    }

    // Compares versions of one family, only as far as the bound is written: linux-6.12.117 equals the bound linux-6.12. A release candidate
    // precedes its release. Null: not comparable.
    private static int? Compare(string kernel, string bound)
    {
        if (Version.TryParse(kernel) is not { } version || Version.TryParse(bound) is not { } limit || version.Family != limit.Family)
            return null;
        for (int i = 0; i < limit.Numbers.Length; i++)
        {
            int has = i < version.Numbers.Length ? version.Numbers[i] : 0;
            if (has != limit.Numbers[i])
                return has.CompareTo(limit.Numbers[i]);
        }

        return version.Candidate.CompareTo(limit.Candidate);
    }

    private sealed record Version(string Family, int[] Numbers, int Candidate)
    {
        public static Version? TryParse(string name)
        {
            int dash = name.IndexOf('-', StringComparison.Ordinal);
            if (dash < 0)
                return null;
            string text = name[(dash + 1)..];
            int candidate = int.MaxValue, rc = text.IndexOf("-rc", StringComparison.Ordinal);
            if (rc >= 0)
            {
                if (!int.TryParse(text[(rc + 3)..], CultureInfo.InvariantCulture, out candidate))
                    candidate = 0;
                text = text[..rc];
            }

            string[] parts = text.Split('.');
            int[] numbers = new int[parts.Length];
            for (int i = 0; i < parts.Length; i++)
            {
                if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
                    return null;
            }

            return new Version(name[..dash], numbers, candidate);
        }
    }
}
