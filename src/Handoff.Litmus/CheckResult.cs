using Handoff.Litmus.Exploration;
using Handoff.Litmus.Language;

namespace Handoff.Litmus;

/// <summary>What a test does under one kernel, on every machine that it leaves open.</summary>
public sealed record CheckResult
{
    /// <summary>The test.</summary>
    public required LitmusTest Test { get; init; }

    /// <summary>Name of the kernel profile.</summary>
    public required string Kernel { get; init; }

    /// <summary>One result per machine, in a fixed order.</summary>
    public required IReadOnlyList<VariantResult> Variants { get; init; }

    /// <summary>Verdicts over all machines: always means in every behaviour on every machine. Gravest first; empty for ok.</summary>
    public required IReadOnlyList<VerdictResult> Verdicts { get; init; }

    /// <summary>Time taken.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>States visited on all machines.</summary>
    public long States => Variants.Sum(v => v.States);

    /// <summary>Steps tried on all machines.</summary>
    public long Transitions => Variants.Sum(v => v.Transitions);

    /// <summary>Whether every search saw everything.</summary>
    public bool Conclusive => Variants.All(v => v.Outcome == ExplorationOutcome.Complete);

    /// <summary>Whether nothing goes wrong in any behaviour on any machine.</summary>
    public bool Ok => Conclusive && Verdicts.Count == 0;

    /// <summary>Whether every <c>expect</c> line that applies is met; without one, whether the test is ok.</summary>
    public bool AsExpected => Mismatches.Count == 0 && Conclusive;

    /// <summary>The <c>expect</c> lines that are not met, as sentences; empty if all are.</summary>
    /// <remarks>A line speaks about all machines to which it applies together: each of its verdicts must be found there as often as said, and nothing graver than the gravest of them.</remarks>
    public IReadOnlyList<string> Mismatches => [.. Differences.Select(each => each.Text)];

    /// <summary>The same, each with its <c>expect</c> line.</summary>
    public IReadOnlyList<Mismatch> Differences
    {
        get
        {
            var mismatches = new List<Mismatch>();
            foreach (var group in Variants.GroupBy(v => ExpectationResolver.Find(Test, Kernel, v.Machine)))
            {
                VerdictResult[] found = [.. LitmusChecker.Summarise([.. group])];
                ExpectedVerdict[] wanted = group.Key is { } line ? [.. line.Verdicts.Where(v => v.Verdict != Verdict.Ok)] : [];
                foreach (ExpectedVerdict want in wanted)
                {
                    VerdictResult? has = found.FirstOrDefault(f => f.Verdict == want.Verdict);
                    Frequency frequency = has?.Frequency ?? Frequency.Never;
                    bool met = want.Frequency is { } exactly ? frequency == exactly.Value : has is not null;
                    if (met && want.Error is { } error && has is not null)
                        met = has.Errors.Contains(error.Value);
                    if (!met)
                        mismatches.Add(new Mismatch(group.Key, want.Verdict, true, $"expected {want.Verdict}{(want.Frequency is { } f ? $" {f.Value}" : "")}, found {frequency}".ToLowerInvariant()));
                }

                Verdict gravest = wanted.Length == 0 ? Verdict.Ok : wanted.Max(w => w.Verdict);
                mismatches.AddRange(found.Where(f => f.Verdict > gravest)
                    .Select(f => new Mismatch(group.Key, f.Verdict, false, $"found {f.Verdict} {f.Frequency}, which is not expected".ToLowerInvariant())));
            }

            return mismatches;
        }
    }
}
