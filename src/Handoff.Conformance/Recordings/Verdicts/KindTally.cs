namespace Handoff.Conformance.Recordings.Verdicts;

/// <summary>Counts of one kind of case.</summary>
internal sealed class KindTally(string part, string name)
{
    /// <summary>Where such cases come from: the machine's own messages, the probe's log, the trace.</summary>
    public string Part { get; } = part;

    /// <summary>The kind.</summary>
    public string Name { get; } = name;

    /// <summary>The engine says exactly what was recorded.</summary>
    public long Identical { get; set; }

    /// <summary>The recording does not determine the outcome, for the reasons given; what was recorded is a legal one.</summary>
    public SortedDictionary<string, long> Reasons { get; } = new(StringComparer.Ordinal);

    /// <summary>The engine says something else.</summary>
    public long Wrong { get; set; }

    /// <summary>Cases the engine does not model (an IOMMU).</summary>
    public long NotCovered { get; set; }

    /// <summary>Sum of <see cref="Reasons"/>.</summary>
    public long Explained => Reasons.Values.Sum();

    /// <summary>All cases.</summary>
    public long Cases => Identical + Explained + Wrong + NotCovered;
}
