using System.Collections.Immutable;

namespace Handoff.Litmus.Model;

/// <summary>A CPU thread, or one asynchronous run of a device, with all it does.</summary>
internal sealed record Agent(string Name, ImmutableArray<AtomicStep> Steps);
