namespace Handoff.Kernels;

/// <summary>One value of a switch.</summary>
/// <param name="Name">As written: <c>yes</c>, <c>offset-aware</c>.</param>
/// <param name="Description">What kernels with this value do, in a few words.</param>
public sealed record KernelSwitchValue(string Name, string Description);
