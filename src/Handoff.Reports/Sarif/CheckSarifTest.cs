using Handoff.Litmus;
using Handoff.Litmus.Language;
using Handoff.Litmus.Witnesses;
using Handoff.Reports.Check;
using Handoff.Reports.Text;

namespace Handoff.Reports.Sarif;

/// <summary>The results of one test: one for each rule and statement, whatever the number of kernels and machines that show it.</summary>
internal sealed class CheckSarifTest(CheckedTest test)
{
    private readonly Dictionary<(string Rule, SourceSpan Span), Sighting> _sightings = [];
    private readonly List<Sighting> _order = [];

    /// <summary>All results, in the order of the text.</summary>
    public IEnumerable<SarifResult> Results()
    {
        foreach (var cell in test.Cells)
        {
            foreach (var machine in cell.Result.Variants)
                See(cell, machine);
            if (cell.State == CellState.Differs)
            {
                foreach (var missing in cell.Result.Differences.Where(each => each.IsMissing))
                    Add(SarifRules.Expectation, missing.Line?.Span ?? test.Test.Title.Span, missing.Text, null, null, null, cell.Kernel.ShortName, null);
            }
            else if (cell.State == CellState.Inconclusive)
            {
                Add(SarifRules.Inconclusive, test.Test.Title.Span, SearchText.Reason(cell.EndedBy), null, null, null, cell.Kernel.ShortName, null);
            }
        }

        return _order.OrderBy(sighting => sighting.Span.Start).Select(Result);
    }

    private void See(CheckedCell cell, VariantResult machine)
    {
        Expectation? line = ExpectationResolver.Find(test.Test, cell.Result.Kernel, machine.Machine);
        Verdict gravest = line is null || line.Verdicts.IsEmpty ? Verdict.Ok : line.Verdicts.Max(each => each.Verdict);
        string kernel = cell.Kernel.ShortName, where = VerdictText.Name(machine.Machine);
        foreach (var finding in machine.Findings.Where(each => each.Verdict != Verdict.Ok))
        {
            var rule = finding.Rule is { } numbered ? SarifRules.Of(numbered) : SarifRules.Of(finding.Verdict);
            Add(rule, finding.Span, finding.Message, null, machine.FrequencyOf(finding.Verdict), finding.Verdict <= gravest ? line : null, kernel, where);
        }

        foreach (var verdict in machine.Verdicts.Where(each => machine.Findings.All(finding => finding.Verdict != each.Verdict)))
        {
            Story? story = machine.Stories.FirstOrDefault(each => each.Verdict == verdict.Verdict);
            StoryStep? last = story?.Steps.LastOrDefault(step => step.Span != default);
            string meaning = VerdictText.Meaning(verdict.Verdict);
            Add(
                SarifRules.Of(verdict.Verdict), last?.Span ?? test.Test.Title.Span, last is null ? meaning : $"{last.Actor} {last.Text}: {meaning}", story,
                verdict.Frequency, verdict.Verdict <= gravest ? line : null, kernel, where);
        }
    }

    private void Add(SarifRule rule, SourceSpan span, string text, Story? story, Frequency? frequency, Expectation? expected, string kernel, string? machine)
    {
        if (!_sightings.TryGetValue((rule.Id, span), out var sighting))
        {
            sighting = new Sighting(rule, span, text);
            _sightings.Add((rule.Id, span), sighting);
            _order.Add(sighting);
        }

        sighting.Story ??= story;
        sighting.Always &= frequency is null or Frequency.Always;
        sighting.HasFrequency |= frequency is not null;
        if (expected is not null)
            sighting.ExpectedBy ??= expected;
        var kernels = expected is null ? sighting.Unexpected : sighting.Expected;
        if (!kernels.Contains(kernel))
            kernels.Add(kernel);
        if (machine is not null && !sighting.Machines.Contains(machine))
            sighting.Machines.Add(machine);
    }

    private SarifResult Result(Sighting seen)
    {
        string often = !seen.HasFrequency ? "" : seen.Always ? ", always" : ", sometimes";
        string on = seen.Machines.Count == 0 ? "" : $" on {seen.Machines[0]}{(seen.Machines.Count > 1 ? $" and {Quantity.Of(seen.Machines.Count - 1, "more machine")}" : "")}";
        var parts = new List<string> { $"{seen.Text}{often}." };
        if (seen.Unexpected.Count > 0)
            parts.Add($"Under {string.Join(", ", seen.Unexpected)}{on}.");
        if (seen.Expected.Count > 0)
            parts.Add($"Expected under {string.Join(", ", seen.Expected)}{(seen.Unexpected.Count == 0 ? on : "")}.");
        bool open = seen.Rule.Id == SarifRules.Inconclusive.Id;
        return new SarifResult
        {
            Rule = seen.Rule,
            Level = seen.Rule.Level,
            IsOpen = open,
            Text = string.Join(' ', parts),
            Place = Place(seen.Span),
            Identity = $"{Path.GetFileNameWithoutExtension(test.Source.Path)}\n{seen.Rule.Id}\n{string.Join(' ', test.Source[seen.Span].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))}",
            Steps = seen.Story is { } story ? [.. story.Steps.Select(step => new SarifStep($"{step.Actor} {step.Text}{(step.Reason is { } why ? $" ({why})" : "")}", step.Span == default ? null : Place(step.Span)))] : [],
            ExpectedBy = seen.Unexpected.Count == 0 && seen.ExpectedBy is { } line ? Place(line.Span) : null,
            Properties = [("kernels", [.. seen.Unexpected, .. seen.Expected]), .. seen.Machines.Count > 0 ? [("machines", seen.Machines)] : Array.Empty<(string, IReadOnlyList<string>)>()],
        };
    }

    private SarifPlace Place(SourceSpan span) => new(test.Source.Path, test.Source, span);

    private sealed class Sighting(SarifRule rule, SourceSpan span, string text)
    {
        public SarifRule Rule => rule;

        public SourceSpan Span => span;

        public string Text => text;

        public List<string> Unexpected { get; } = [];

        public List<string> Expected { get; } = [];

        public List<string> Machines { get; } = [];

        public Expectation? ExpectedBy { get; set; }

        public Story? Story { get; set; }

        public bool Always { get; set; } = true;

        public bool HasFrequency { get; set; }
    }
}
