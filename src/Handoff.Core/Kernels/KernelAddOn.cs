namespace Handoff.Kernels;

/// <summary>A change that can be put on top of any kernel: a proposal, a build option, a what-if.</summary>
/// <param name="Name">As written, with the plus sign: <c>+no-bounce</c>.</param>
/// <param name="Description">What it changes, and who proposed it.</param>
/// <param name="Apply">The change.</param>
public sealed record KernelAddOn(string Name, string Description, Func<KernelSwitches, KernelSwitches> Apply)
{
    /// <summary>The add-on's name.</summary>
    public override string ToString() => Name;
}
