using Handoff.Ownership;

namespace Handoff.Tracing.Findings;

/// <summary>Findings about broken rules of ownership, from what the judge believes.</summary>
internal static class OwnershipFindings
{
    private const int MostEvidence = 3;

    /// <summary>One finding for each rule and confidence.</summary>
    public static IEnumerable<TraceFinding> Find(FindingContext context)
    {
        foreach (var group in context.Analysis.Accusations.GroupBy(a => (a.Rule, Confidence: ConfidenceOf(context, a))))
        {
            FindingRule rule = group.Key.Rule;
            Confidence confidence = group.Key.Confidence;
            Accusation[] accusations = [.. group.OrderByDescending(static a => a.Count)];
            long count = accusations.Sum(static a => a.Count);
            var why = new List<string> { rule.OnOtherMachines };
            if (rule == FindingRules.SkipOnFirstMap)
                why.Add("Memory that the CPU uses only uncached, as of an uncached dma-buf heap, has nothing in the cache: then nothing is wrong.");
            if (!context.HasSyncs && (rule == FindingRules.SkipDropsData || rule == FindingRules.SkipHidesCopy || rule == FindingRules.SkipOnFirstMap))
            {
                confidence = Confidence.Possible;
                why.Add("The recording holds no sync at all: if sync events were not recorded, nothing may be wrong.");
            }

            string who = Words.List([.. accusations.Select(a => context.Label(a.Device))]);
            string times = count > 1 ? $" ({Words.Number(count)}{(accusations.Any(static a => a.IsCountCut) ? " or more" : "")} times)" : "";
            yield return new TraceFinding
            {
                Kind = TraceFindingKind.Ownership,
                Id = rule.Id,
                Severity = confidence == Confidence.Possible ? FindingSeverity.Note : rule.Severity,
                Confidence = confidence,
                Title = $"{who}: {rule.Title}{times}",
                Devices = [.. accusations.Select(static a => a.Device)],
                Why = why,
                Cures = [new Cure(rule.Hint)],
                Evidence = [.. accusations.SelectMany(a => a.Examples.Select(f => (Accusation: a, Finding: f))).OrderBy(static e => e.Finding.Time).Take(MostEvidence).Select(e => Line(context, e.Accusation, e.Finding))],
                Count = count,
                FirstTime = (ulong)accusations.Min(static a => a.FirstTime),
                LastTime = (ulong)accusations.Max(static a => a.LastTime),
            };
        }
    }

    /// <summary>What seems wrong may be right of a mapping that is not seen.</summary>
    private static Confidence ConfidenceOf(FindingContext context, Accusation accusation)
    {
        bool unseen = context.Facts is null || context.MappingsAreUnseen;
        return accusation.Confidence switch
        {
            Confidence.Certain when unseen => Confidence.Likely,
            Confidence.Possible when !unseen && accusation.Rule == FindingRules.WrongDevice => Confidence.Likely,
            _ => accusation.Confidence,
        };
    }

    private static string Line(FindingContext context, Accusation accusation, Finding finding)
    {
        string task = finding.Time == accusation.FirstTime ? context.Analysis.TaskName(accusation.FirstTask) : "";
        string mapped = finding.MappedAt is { } at && at != finding.Time ? $"; mapped at {context.At((ulong)at)}" : "";
        string what = finding.EndedAt is { } ended ? finding.Explanation.Replace($" at {ended}", $" at {context.At((ulong)ended)}", StringComparison.Ordinal) : finding.Explanation;
        return $"{context.At((ulong)finding.Time)}: {finding.Device} {what}{mapped}{(task.Length > 0 ? $"; {task} ran" : "")}";
    }
}
