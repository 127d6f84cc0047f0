using Handoff.Ownership;

namespace Handoff.Tracing.Findings;

/// <summary>A finding that waits for what comes after it.</summary>
/// <param name="Finding">The finding.</param>
/// <param name="Device">Number of the device.</param>
/// <param name="Kind">What decides.</param>
/// <param name="Confidence">How sure it is if nothing contradicts.</param>
/// <param name="Cpu">Processor that logged the event.</param>
/// <param name="Task">Task that ran.</param>
internal sealed record Doubt(Finding Finding, int Device, DoubtKind Kind, Confidence Confidence, int Cpu, int Task);
