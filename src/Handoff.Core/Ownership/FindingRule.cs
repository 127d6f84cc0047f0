namespace Handoff.Ownership;

/// <summary>One numbered kind of finding.</summary>
/// <param name="Id">Identifier that never changes its meaning: <c>DMA0001</c>.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Title">What is wrong, one line.</param>
/// <param name="OnOtherMachines">What it does on other machines than the one at hand.</param>
/// <param name="Hint">What to do.</param>
public sealed record FindingRule(string Id, FindingSeverity Severity, string Title, string OnOtherMachines, string Hint)
{
    /// <summary>Position in <see cref="FindingRules.All"/>.</summary>
    internal int Index { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Id} {Title}";
}
