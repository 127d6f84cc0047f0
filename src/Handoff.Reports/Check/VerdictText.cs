using Handoff.Litmus.Language;
using Handoff.Reports.Text;

namespace Handoff.Reports.Check;

/// <summary>Verdicts, frequencies, errors and machines in words.</summary>
public static class VerdictText
{
    /// <summary>The conditions on machines and their words.</summary>
    public static IReadOnlyList<(string Name, MachineCondition Condition)> Conditions { get; } =
    [
        ("coherent", MachineCondition.Coherent), ("noncoherent", MachineCondition.NonCoherent), ("bounced", MachineCondition.Bounced),
        ("direct", MachineCondition.Direct), ("forced", MachineCondition.Forced), ("line64", MachineCondition.Line64), ("line128", MachineCondition.Line128),
    ];

    /// <summary>The verdict as tests write it.</summary>
    public static string Name(Verdict verdict) => verdict switch
    {
        Verdict.Ok => "ok",
        Verdict.Contract => "contract",
        Verdict.Fails => "fails",
        Verdict.Stale => "stale",
        Verdict.Lost => "lost",
        Verdict.Leak => "leak",
        Verdict.Wild => "wild",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict)),
    };

    /// <summary>What the verdict means, one sentence.</summary>
    public static string Meaning(Verdict verdict) => verdict switch
    {
        Verdict.Ok => "nothing goes wrong in any behaviour",
        Verdict.Contract => "a rule of the API is broken, though this machine shows no harm",
        Verdict.Fails => "a call returns an error",
        Verdict.Stale => "a read may return an older version than the newest write before it",
        Verdict.Lost => "a newer version is overwritten by an older one and gone",
        Verdict.Leak => "somebody may read bytes that nobody shared with them",
        Verdict.Wild => "an access outside any live mapping, after unmap, or against the direction",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict)),
    };

    /// <summary>Its colour.</summary>
    public static Tone ToneOf(Verdict verdict) => verdict switch
    {
        Verdict.Ok => Tone.Good,
        Verdict.Contract or Verdict.Fails => Tone.Warning,
        _ => Tone.Bad,
    };

    /// <summary><c>always</c>, <c>sometimes</c>, <c>never</c>.</summary>
    public static string Name(Frequency frequency) => frequency switch
    {
        Frequency.Always => "always",
        Frequency.Sometimes => "sometimes",
        Frequency.Never => "never",
        _ => throw new ArgumentOutOfRangeException(nameof(frequency)),
    };

    /// <summary>A machine in the words of <c>when</c>: <c>noncoherent, bounced, line64</c>.</summary>
    public static string Name(MachineVariant machine) =>
        (machine.Coherent ? "coherent, " : "noncoherent, ")
        + (machine.ForceBounce ? "forced, " : machine.NeedsBounce ? "bounced, " : "direct, ")
        + (machine.NeedsBounce && machine.ForceBounce ? "out of reach, " : "")
        + $"line{machine.Line}";
}
