namespace Handoff.Litmus.Witnesses;

/// <summary>Why a witness cannot be replayed, or does not prove what it claims.</summary>
/// <param name="Id">Stable identifier, <c>HW</c> and four digits (see <c>docs/witness-files.md</c>).</param>
/// <param name="Step">Number of the step from 1; 0 if it is about the whole file.</param>
/// <param name="Message">What is wrong, in one sentence without a full stop.</param>
/// <param name="Hint">What to do, or <see langword="null"/>.</param>
public sealed record WitnessProblem(string Id, int Step, string Message, string? Hint = null)
{
    /// <summary>No witness file, or a damaged one.</summary>
    public const string Malformed = "HW0001";

    /// <summary>A version of the format that is not known.</summary>
    public const string OtherVersion = "HW0002";

    /// <summary>Made of another test, or of another state of this one.</summary>
    public const string OtherTest = "HW0003";

    /// <summary>Made under another kernel, or one that decided otherwise.</summary>
    public const string OtherKernel = "HW0004";

    /// <summary>The test does not leave the machine open, or has no such order of calls or cells.</summary>
    public const string OtherMachine = "HW0005";

    /// <summary>A step that cannot happen there.</summary>
    public const string NotPossible = "HW0006";

    /// <summary>A step that does something else than the file says.</summary>
    public const string Differs = "HW0007";

    /// <summary>The last step does not end in the verdict, or an earlier one does already.</summary>
    public const string NoVerdict = "HW0008";

    /// <summary>Whether the file does not fit, as against a claim that does not hold.</summary>
    public bool IsAboutFile => Id is Malformed or OtherVersion or OtherTest or OtherKernel or OtherMachine;
}
