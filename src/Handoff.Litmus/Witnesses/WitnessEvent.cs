namespace Handoff.Litmus.Witnesses;

/// <summary>One event: a step of an agent, or a move of the cache that nobody asked for.</summary>
/// <param name="Agent">The agent, or -1 for the cache.</param>
/// <param name="Line">For the cache: the line.</param>
/// <param name="Move">For the cache: what it does.</param>
internal readonly record struct WitnessEvent(int Agent, int Line, CacheMove Move);
