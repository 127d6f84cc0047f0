namespace Handoff.Kernels;

/// <summary>A switch in which two kernels differ.</summary>
/// <param name="Switch">The switch.</param>
/// <param name="Left">Value of the first kernel.</param>
/// <param name="Right">Value of the second kernel.</param>
public sealed record KernelSwitchDifference(KernelSwitch Switch, KernelSwitchValue Left, KernelSwitchValue Right)
{
    /// <summary><c>name: left → right</c>.</summary>
    public override string ToString() => $"{Switch.Name}: {Left.Name} → {Right.Name}";
}
