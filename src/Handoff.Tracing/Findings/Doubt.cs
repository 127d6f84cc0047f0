using Handoff.Ownership;

namespace Handoff.Tracing.Findings;

/// <summary>A finding that waits for what comes after it.</summary>
/// <param name="Finding">The finding.</param>
/// <param name="Device">Number of the device.</param>
/// <param name="Kind">What decides.</param>
/// <param name="Confidence">How sure it is if nothing contradicts.</param>
/// <param name="Cpu">Processor that logged the event.</param>
/// <param name="Task">Task that ran.</param>
internal sealed record Doubt(Finding Finding, int Device, DoubtKind Kind, Confidence Confidence, int Cpu, int Task)
{
    /// <summary>
    /// Of two mappings of the same memory: whether the device writes the later one. What it only reads may be in a page of which the rest is still mapped, as network
    /// drivers do with halves of pages.
    /// </summary>
    public bool Writes { get; init; }
}
