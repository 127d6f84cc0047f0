namespace Handoff.Tracing.Findings;

/// <summary>How sure a finding is.</summary>
public enum Confidence
{
    /// <summary>The recording would look like this for a harmless reason too.</summary>
    Possible = 0,

    /// <summary>A harmless reason is hard to imagine.</summary>
    Likely,

    /// <summary>The recording admits no other reading.</summary>
    Certain,
}
