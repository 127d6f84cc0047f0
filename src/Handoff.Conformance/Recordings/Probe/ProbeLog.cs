using Handoff.Conformance.Recordings.Verdicts;
using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Recordings.Probe;

/// <summary>The probe's log while it is judged: the next lines, and the verdict on those before.</summary>
internal sealed class ProbeLog(MachineFacts facts, RecordingVerdict verdict)
{
    /// <summary>Why a recorded failure cannot be judged.</summary>
    public const string PoolMayBeFull = "without a complete trace: whether the pool has room depends on what other devices hold";

    private const string Part = "probe";
    private int _next;

    /// <summary>The line to judge, or <see langword="null"/> at the end.</summary>
    public ProbeLine? Current => _next < facts.Probe.Length ? facts.Probe[_next] : null;

    /// <summary>Takes the current line.</summary>
    public ProbeLine Take() => facts.Probe[_next++];

    /// <summary>Takes the lines from the current one that belong together.</summary>
    public List<ProbeLine> TakeWhile(Func<ProbeLine, bool> belongs)
    {
        var lines = new List<ProbeLine>();
        while (Current is { } line && belongs(line))
            lines.Add(Take());
        return lines;
    }

    /// <summary>Counts a line by comparing it with what the engine would have printed.</summary>
    public void Compare(ProbeLine line, string expected)
    {
        string got = line.Source.TrimEnd();
        if (got == expected)
            verdict.Kind(Part, line.Kind).Identical++;
        else
            Wrong(line, expected);
    }

    /// <summary>Counts a line that differs.</summary>
    public void Wrong(ProbeLine line, string expected) =>
        verdict.AddWrong(verdict.Kind(Part, line.Kind), $"probe.txt:{line.LineNumber}", expected, line.Source.TrimEnd());

    /// <summary>Counts lines whose outcome the log does not determine.</summary>
    public void Explain(IEnumerable<ProbeLine> lines, string reason)
    {
        foreach (ProbeLine line in lines)
            RecordingVerdict.AddExplained(verdict.Kind(Part, line.Kind), reason);
    }

    /// <summary>Counts lines of devices behind an IOMMU.</summary>
    public void NotCovered(IEnumerable<ProbeLine> lines)
    {
        foreach (ProbeLine line in lines)
            verdict.Kind(Part, line.Kind).NotCovered++;
    }
}
