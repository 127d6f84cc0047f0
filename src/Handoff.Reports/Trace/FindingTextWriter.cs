using Handoff.Ownership;
using Handoff.Reports.Text;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Replay;

namespace Handoff.Reports.Trace;

/// <summary>Findings as text: what is wrong, why, what to do, evidence.</summary>
internal static class FindingTextWriter
{
    private const int Indent = 4;
    private const ulong SlotSize = 2048;

    /// <summary>Writes one finding.</summary>
    public static void Write(TraceFinding finding, Ink ink, int width)
    {
        (string mark, Tone tone) = finding.Severity switch
        {
            FindingSeverity.Error when finding.IsWrong => ("✗", Tone.Bad),
            FindingSeverity.Note => ("·", Tone.Muted),
            _ => ("!", Tone.Warning),
        };
        string confidence = finding.Confidence switch { Confidence.Certain => "certain", Confidence.Likely => "likely", _ => "possible" };
        var lines = TextWidth.Wrap(finding.Title, width - 2).ToList();
        for (int i = 0; i < lines.Count; i++)
        {
            ink.Write(i == 0 ? mark + " " : "  ", tone).Write(lines[i], finding.IsWrong ? Tone.Strong : Tone.Plain);
            int gap = width - 2 - TextWidth.Of(lines[i]) - confidence.Length;
            bool last = i == lines.Count - 1;
            if (last && gap >= 2)
                ink.Write(new string(' ', gap)).Write(confidence, Tone.Muted);
            ink.WriteLine();
            if (last && gap < 2)
                ink.Write(new string(' ', width - confidence.Length)).WriteLine(confidence, Tone.Muted);
        }

        foreach (string sentence in finding.Why)
            Paragraph(ink, width, "", sentence, Tone.Plain);
        foreach (Cure cure in finding.Cures)
            Paragraph(ink, width, "Try  ", CureText(finding, cure), Tone.Plain);
        if (finding.Sizes is { } sizes)
            Paragraph(ink, width, "Size ", SizeText.Of(sizes, outcome => Parameter(finding, outcome)) + (finding.Cures.Any(static c => c.Before is { Retries: > 0 }) ? " A request that is tried again counts once here." : ""), Tone.Plain);
        foreach (string line in finding.Severity == FindingSeverity.Note ? finding.Evidence.Take(1) : finding.Evidence)
            Paragraph(ink, width, "at   ", line, Tone.Muted);
    }

    private static string CureText(TraceFinding finding, Cure cure)
    {
        string text = cure.Parameter is { } parameter ? $"{(cure is { Helps: true, Outcome: { } made } && parameter.StartsWith("swiotlb=", StringComparison.Ordinal) && made.Parameter.Length > 0 ? $"swiotlb={Parameter(finding, made)}" : parameter)}: {cure.Text}" : cure.Text;
        string result = ResultOf(finding, cure);
        return result.Length > 0 ? $"{text} {result}" : cure.ReplayOptions is { } options ? $"{text} To see what changes: handoff replay TRACE {options}" : text;
    }

    /// <summary>What the replay of a cure showed, as a sentence; empty if it was not tried.</summary>
    public static string ResultOf(TraceFinding finding, Cure cure) =>
        cure.Outcome is not { } outcome ? ""
        : finding.Kind == TraceFindingKind.Bounces && cure.Before is { } before ? BouncesText(before, outcome)
        : OutcomeText(finding, cure, outcome);

    /// <summary>The value of <c>swiotlb=</c> for an outcome. That bouncing is forced may be replayed without knowing by what: then it is no advice.</summary>
    private static string Parameter(TraceFinding finding, ReplayOutcome outcome)
    {
        const string force = ",force";
        bool known = finding.Cures.Any(static c => c.Parameter is { } given && given.EndsWith(force, StringComparison.Ordinal));
        return !known && outcome.Parameter.EndsWith(force, StringComparison.Ordinal) ? outcome.Parameter[..^force.Length] : outcome.Parameter;
    }

    /// <summary>What a cure of bounces does to their number and to what is copied.</summary>
    private static string BouncesText(ReplayOutcome before, ReplayOutcome outcome)
    {
        string maps = Words.Count(outcome.Maps, "buffer");
        if (outcome.Bounced >= before.Bounced)
            return $"Replayed, it does not help: {Words.Number(outcome.Bounced)} of {maps} bounce, as before.";
        string lead = outcome.Bounced == 0 ? $"Replayed: none of {maps} bounces instead of {Words.Number(before.Bounced)}" : $"Replayed: {Words.Number(outcome.Bounced)} of {maps} bounce instead of {Words.Number(before.Bounced)}";
        string copied = outcome.CopiedBytes == 0 ? "nothing is copied" : $"{Words.Bytes((double)outcome.CopiedBytes)} copied instead of {Words.Bytes((double)before.CopiedBytes)}";
        string failures = outcome.Failures == before.Failures ? "" : $", {(outcome.Failures == 0 ? "no failure" : Words.Count(outcome.Failures, "failure"))} instead of {Words.Number(before.Failures)}";
        return $"{lead}, {copied}{failures}.";
    }

    private static string OutcomeText(TraceFinding finding, Cure cure, ReplayOutcome outcome)
    {
        string water = outcome.PoolSlots == 0 ? ""
            : outcome.PoolsMade > 0 || outcome.HighWaterSlots > outcome.PoolSlots ? $", at most {Words.Bytes(outcome.HighWaterSlots * (double)SlotSize)} in use (the pool grows)"
            : $", at most {Words.Bytes(outcome.HighWaterSlots * (double)SlotSize)} of {Words.Bytes(outcome.PoolSlots * (double)SlotSize)} in use";
        string bounced = $", {Words.Number(outcome.Bounced)} of {Words.Number(outcome.Maps)} buffers bounce";
        bool triesSizes = cure.Trials is { Count: > 1 } trials && trials[0].Slots is not null;
        string lead = cure.Helps == true ? "Replayed: " : triesSizes && outcome.Parameter.Length > 0 ? $"Replayed up to swiotlb={outcome.Parameter}, it does not help: " : "Replayed, it does not help: ";
        return $"{lead}{FailuresText(finding, cure, outcome)}{water}{bounced}.";
    }

    /// <summary>What still fails: of what the finding is about, of other things, and of other devices.</summary>
    private static string FailuresText(TraceFinding finding, Cure cure, ReplayOutcome outcome)
    {
        var own = outcome.FailuresByCause.Where(f => finding.Devices.Contains(f.Device)).GroupBy(static f => f.Cause).Select(static g => (Cause: g.Key, Count: g.Sum(static f => f.Count))).OrderByDescending(static f => f.Count).ToList();
        long left = own.Where(f => finding.IsAbout(f.Cause)).Sum(static f => f.Count), all = own.Sum(static f => f.Count), others = outcome.Failures - all;
        string ofOthers = others == 0 ? "" : $", {Words.Number(others)} of other devices";
        string once = outcome.Failures > 0 && cure.Before is { Retries: > 0 } && finding.Sizes is null ? " (retries count once)" : "";
        if (all == 0)
            return (others == 0 ? "no failure" : $"no failure here{ofOthers}") + once;
        string text = left == 0 ? "nothing fails of that any more" : $"{Words.Count(left, "failure")} left ({Causes(own.FindAll(f => finding.IsAbout(f.Cause)))})";
        if (left < all)
            text += $"; {Words.Count(all - left, "failure")} of another kind ({Causes(own.FindAll(f => !finding.IsAbout(f.Cause)))})";
        return text + ofOthers + once;
    }

    private static string Causes(List<(FailureCause Cause, long Count)> causes) =>
        causes.Count == 1 ? causes[0].Cause.Describe() : Words.List([.. causes.Select(static f => $"{Words.Number(f.Count)} × {f.Cause.Describe()}")]);

    private static void Paragraph(Ink ink, int width, string lead, string text, Tone tone)
    {
        bool first = true;
        foreach (string line in TextWidth.Wrap(text, width - Indent - lead.Length))
        {
            ink.Write(new string(' ', Indent)).Write(first ? lead : new string(' ', lead.Length), first && lead.Length > 0 && tone == Tone.Plain ? Tone.Strong : tone).WriteLine(line, tone);
            first = false;
        }
    }
}
