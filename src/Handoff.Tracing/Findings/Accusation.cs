using Handoff.Ownership;

namespace Handoff.Tracing.Findings;

/// <summary>A rule of ownership that a device's driver broke, with what supports it.</summary>
public sealed class Accusation
{
    private const int MostExamples = 5;

    private readonly List<Finding> _examples = [];

    internal Accusation(FindingRule rule, string device)
    {
        Rule = rule;
        Device = device;
    }

    /// <summary>Which rule.</summary>
    public FindingRule Rule { get; }

    /// <summary>Whose driver.</summary>
    public string Device { get; }

    /// <summary>How often.</summary>
    public long Count { get; internal set; }

    /// <summary>Whether there were more than could be counted.</summary>
    public bool IsCountCut { get; internal set; }

    /// <summary>How sure the surest one is.</summary>
    public Confidence Confidence { get; internal set; }

    /// <summary>Time of the first, in the recording's units.</summary>
    public long FirstTime { get; internal set; } = long.MaxValue;

    /// <summary>Time of the last.</summary>
    public long LastTime { get; internal set; }

    /// <summary>Task that ran at the first, as in the reader's tasks.</summary>
    public int FirstTask { get; internal set; }

    /// <summary>The first few.</summary>
    public IReadOnlyList<Finding> Examples => _examples;

    internal void Add(Finding finding, Confidence confidence, int task)
    {
        Count++;
        Confidence = (Confidence)Math.Max((int)Confidence, (int)confidence);
        if (finding.Time < FirstTime)
            (FirstTime, FirstTask) = (finding.Time, task);
        LastTime = Math.Max(LastTime, finding.Time);
        if (_examples.Count < MostExamples)
            _examples.Add(finding);
    }

    internal void Demote() => Confidence = Confidence.Possible;
}
