namespace Handoff.Litmus.Language;

/// <summary>One machine of the product that stands for "every machine".</summary>
/// <param name="Coherent">Whether devices snoop the caches.</param>
/// <param name="NeedsBounce">Whether buffers lie out of the devices' reach.</param>
/// <param name="ForceBounce">Whether every mapping bounces.</param>
/// <param name="Line">Cache line in bytes.</param>
public readonly record struct MachineVariant(bool Coherent, bool NeedsBounce, bool ForceBounce, uint Line)
{
    /// <summary>Whether a condition holds here.</summary>
    public bool Satisfies(MachineCondition condition) => condition switch
    {
        MachineCondition.Coherent => Coherent,
        MachineCondition.NonCoherent => !Coherent,
        MachineCondition.Bounced => NeedsBounce || ForceBounce,
        MachineCondition.Direct => !NeedsBounce && !ForceBounce,
        MachineCondition.Forced => ForceBounce,
        MachineCondition.Line64 => Line == 64,
        MachineCondition.Line128 => Line == 128,
        _ => throw new ArgumentOutOfRangeException(nameof(condition)),
    };
}
