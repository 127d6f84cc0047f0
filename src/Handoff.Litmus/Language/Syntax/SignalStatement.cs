namespace Handoff.Litmus.Language;

/// <summary><c>signal(x);</c>: lets every thread pass that waits for the event, now or later.</summary>
/// <param name="Event">The event.</param>
public sealed record SignalStatement(Name Event) : Statement;
