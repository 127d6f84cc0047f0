using System.Globalization;
using Handoff.Litmus;
using Handoff.Litmus.Language;
using Handoff.Litmus.Witnesses;
using Handoff.Reports.Text;

namespace Handoff.Reports.Check;

/// <summary>The stories behind verdicts, as text: what goes wrong, on which machines, step by step.</summary>
public static class ExplainWriter
{
    /// <summary>Writes every test's story under every kernel.</summary>
    /// <param name="report">The report, checked with witnesses.</param>
    /// <param name="ink">Where to.</param>
    /// <param name="width">Columns of the terminal.</param>
    /// <param name="wanted">The verdict whose story is told; the gravest if <see langword="null"/>.</param>
    public static void Write(CheckReport report, Ink ink, int width, Verdict? wanted = null)
    {
        foreach (var test in report.Tests)
        {
            foreach (var cell in test.Cells)
            {
                Write(test, cell, ink, width, wanted);
                ink.WriteLine();
            }
        }

        foreach (string line in TextWidth.Wrap(CheckTextWriter.Totals(report), width))
            ink.WriteLine(line);
    }

    /// <summary>Writes what replaying a witness gave.</summary>
    /// <param name="source">The test's text.</param>
    /// <param name="witness">The witness.</param>
    /// <param name="story">The story as far as it was taken.</param>
    /// <param name="holds">Whether the witness proves what it claims.</param>
    /// <param name="ink">Where to.</param>
    /// <param name="width">Columns of the terminal.</param>
    public static void WriteReplay(SourceText source, Witness witness, Story story, bool holds, Ink ink, int width)
    {
        Wrapped(ink, width, $"“{witness.Title}” on {witness.Kernel}", Tone.Muted);
        ink.Write(VerdictText.Name(witness.Verdict), VerdictText.ToneOf(witness.Verdict)).WriteLine($" — {VerdictText.Meaning(witness.Verdict)}");
        Wrapped(ink, width, $"machine: {VerdictText.Name(witness.Machine)}", Tone.Muted);
        ink.WriteLine();
        if (story.Steps.Count > 0)
            new StoryWriter(story, source) { IsWhole = holds }.Write(ink, width);
        ink.WriteLine();
        if (holds)
            Wrapped(ink, width, $"✓ replayed: {Quantity.Of(story.Steps.Count, "step")}, all of them possible; the last one ends in {VerdictText.Name(witness.Verdict)}", Tone.Good);
        else
            Wrapped(ink, width, $"✗ the witness proves nothing: {Quantity.Of(story.Steps.Count, "step")} of {witness.Steps.Count} taken", Tone.Bad);
    }

    private static void Write(CheckedTest test, CheckedCell cell, Ink ink, int width, Verdict? wanted)
    {
        ink.Write(test.Name, Tone.Strong).WriteLine($" on {cell.Kernel.Name}");
        Wrapped(ink, width, $"“{test.Test.Title.Value}”", Tone.Muted);
        if (cell.State == CellState.NotApplicable)
        {
            ink.WriteLine("The test leaves none of these machines open.");
            return;
        }

        var verdict = wanted ?? cell.Gravest;
        var variants = cell.Result.Variants;
        var harmed = verdict == Verdict.Ok ? [.. variants] : variants.Where(variant => variant.FrequencyOf(verdict) != Frequency.Never).ToList();
        var frequency = verdict == Verdict.Ok ? Frequency.Always : cell.Result.Verdicts.FirstOrDefault(each => each.Verdict == verdict)?.Frequency ?? Frequency.Never;
        string word = VerdictText.Name(verdict);
        if (verdict == Verdict.Ok && !cell.Result.Conclusive)
            ink.Write("?", Tone.Unknown).WriteLine($" — not everything is known: {SearchText.Reason(cell.EndedBy)}");
        else if (frequency == Frequency.Never)
            ink.Write($"no {word}", Tone.Good).WriteLine(" in any behaviour seen");
        else
            ink.Write(word, VerdictText.ToneOf(verdict)).WriteLine(verdict == Verdict.Ok ? $" — {VerdictText.Meaning(verdict)}" : $" — {VerdictText.Name(frequency)} — {VerdictText.Meaning(verdict)}");

        if (frequency != Frequency.Never)
            Wrapped(ink, width, Machines(harmed, variants), Tone.Muted);
        WriteFindings(test, harmed, verdict, ink, width);
        if (verdict != Verdict.Ok && Shortest(harmed, verdict) is { } told)
        {
            ink.WriteLine();
            if (variants.Count > 1)
                ink.WriteLine($"On a machine that is {VerdictText.Name(told.Machine)}:");
            new StoryWriter(told.Story, test.Source).Write(ink, width);
        }

        CureWriter.Write(cell, ink, width);
        WriteRest(test, cell, verdict, ink, width);
    }

    private static void WriteRest(CheckedTest test, CheckedCell cell, Verdict told, Ink ink, int width)
    {
        var others = cell.Result.Verdicts.Where(each => each.Verdict != told).Select(each => $"{VerdictText.Name(each.Verdict)} ({VerdictText.Name(each.Frequency)})").ToList();
        if (others.Count > 0)
        {
            ink.WriteLine();
            string first = VerdictText.Name(cell.Result.Verdicts.First(each => each.Verdict != told).Verdict);
            Wrapped(ink, width, $"Also {string.Join(", ", others)}. To see how:", Tone.Plain);
            ink.WriteLine($"  {ExplainCommand.Of(test, cell, first)}");
        }

        if (cell.Mismatches.Count > 0)
        {
            ink.WriteLine();
            foreach (string mismatch in cell.Mismatches)
                Wrapped(ink, width, $"✗ {mismatch}", Tone.Bad);
        }
    }

    // Findings have a place and a message of their own; the same one on several machines is said once.
    private static void WriteFindings(CheckedTest test, IEnumerable<VariantResult> variants, Verdict verdict, Ink ink, int width)
    {
        var findings = variants.SelectMany(variant => variant.Findings).Where(finding => finding.Verdict == verdict).Distinct().ToList();
        if (findings.Count == 0)
            return;
        ink.WriteLine();
        foreach (var finding in findings)
        {
            int line = test.Source.LineOf(finding.Span);
            string number = line.ToString(CultureInfo.InvariantCulture).PadLeft(4);
            ink.Write($"{number}  ", Tone.Muted).WriteLine(TextWidth.Fit(test.Source.LineText(line).Trim(), width - 6));
            foreach (string part in TextWidth.Wrap(finding.Rule is { } rule ? $"{finding.Message} ({rule.Id})" : finding.Message, width - 8))
                ink.Write("      ").WriteLine(part, VerdictText.ToneOf(verdict));
        }
    }

    /// <summary>The shortest story of a verdict, and the machine it happens on; <see langword="null"/> if there is none.</summary>
    public static (Story Story, MachineVariant Machine)? Shortest(IEnumerable<VariantResult> variants, Verdict verdict)
    {
        (Story Story, MachineVariant Machine)? best = null;
        foreach (var variant in variants)
        {
            if (variant.Stories.FirstOrDefault(story => story.Verdict == verdict) is { } story && (best is null || story.Steps.Count < best.Value.Story.Steps.Count))
                best = (story, variant.Machine);
        }

        return best;
    }

    private static string Machines(List<VariantResult> harmed, IReadOnlyList<VariantResult> all)
    {
        if (all.Count == 1)
            return $"machine: {VerdictText.Name(all[0].Machine)}";
        if (harmed.Count == all.Count)
            return $"on every machine the test leaves open ({all.Count})";
        // What all of them share and none of the others has says more than a list.
        foreach (var (name, condition) in VerdictText.Conditions)
        {
            if (all.All(variant => variant.Machine.Satisfies(condition) == harmed.Contains(variant)))
                return $"on {harmed.Count} of {all.Count} machines: those that are {name}";
        }

        return $"on {harmed.Count} of {all.Count} machines";
    }

    private static void Wrapped(Ink ink, int width, string text, Tone tone)
    {
        foreach (string line in TextWidth.Wrap(text, width))
            ink.WriteLine(line, tone);
    }
}
