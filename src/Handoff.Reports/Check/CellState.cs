namespace Handoff.Reports.Check;

/// <summary>How a result compares with what its test expects.</summary>
public enum CellState
{
    /// <summary>Every line that applies is met.</summary>
    AsExpected,

    /// <summary>A verdict differs, or is not ok and none was stated.</summary>
    Differs,

    /// <summary>The search ended before everything was known, and nothing found so far differs.</summary>
    Inconclusive,

    /// <summary>The test leaves none of the machines open that were asked for.</summary>
    NotApplicable,
}
