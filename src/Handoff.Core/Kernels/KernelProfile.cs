namespace Handoff.Kernels;

/// <summary>A named kernel: a set of switches and where they come from.</summary>
/// <param name="Name">Name as users write it, such as <c>linux-6.12</c> or <c>linux-6.12+no-bounce</c>.</param>
/// <param name="Switches">How it decides.</param>
/// <param name="Description">One line: what is particular about it.</param>
public sealed record KernelProfile(string Name, KernelSwitches Switches, string Description)
{
    /// <summary>The name without the default kernel where an add-on follows: <c>+no-bounce</c> for <c>linux-6.12+no-bounce</c>.</summary>
    public string ShortName =>
        Name.StartsWith(KernelProfiles.DefaultName + "+", StringComparison.Ordinal) ? Name[KernelProfiles.DefaultName.Length..] : Name;

    /// <summary>The profile's name.</summary>
    public override string ToString() => Name;
}
