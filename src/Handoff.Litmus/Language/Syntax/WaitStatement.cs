namespace Handoff.Litmus.Language;

/// <summary><c>wait(x);</c>: goes on after the event was signalled; what came before the signal is ordered before what follows.</summary>
/// <param name="Event">The event.</param>
public sealed record WaitStatement(Name Event) : Statement;
