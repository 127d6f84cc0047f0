namespace Handoff.Litmus.Language;

/// <summary>Identifiers of diagnostics. They never change their meaning.</summary>
public static class DiagnosticIds
{
    /// <summary>Something else stands where a certain word or sign is needed.</summary>
    public const string Unexpected = "HL0001";

    /// <summary>A character, number or string that the language does not have.</summary>
    public const string BadToken = "HL0002";

    /// <summary>A string or comment does not end.</summary>
    public const string Unterminated = "HL0003";

    /// <summary>The text is longer, or has more of something, than the reader takes.</summary>
    public const string TooMuch = "HL0004";

    /// <summary>A word that is not known at this place.</summary>
    public const string UnknownWord = "HL0005";

    /// <summary>A number outside what makes sense.</summary>
    public const string OutOfRange = "HL0006";

    /// <summary>Something is given twice.</summary>
    public const string GivenTwice = "HL0007";

    /// <summary>A name that nothing declares or sets.</summary>
    public const string UnknownName = "HL0101";

    /// <summary>A name is declared twice.</summary>
    public const string DeclaredTwice = "HL0102";

    /// <summary>A name of another kind than needed.</summary>
    public const string WrongKind = "HL0103";

    /// <summary>A function that is not known.</summary>
    public const string UnknownFunction = "HL0104";

    /// <summary>Arguments are missing, too many or in the wrong place.</summary>
    public const string WrongArguments = "HL0105";

    /// <summary>A constant that is not known, or not for this place.</summary>
    public const string UnknownConstant = "HL0106";

    /// <summary>A range that its buffer does not have.</summary>
    public const string BadRange = "HL0107";

    /// <summary>A name that cannot be declared.</summary>
    public const string ReservedName = "HL0108";

    /// <summary>The function gives nothing that could be assigned, or what it gives is dropped.</summary>
    public const string NoResult = "HL0109";

    /// <summary>Known, but not supported yet.</summary>
    public const string NotSupported = "HL0111";

    /// <summary>Two things exclude each other.</summary>
    public const string Contradiction = "HL0112";

    /// <summary>A wait that nobody ends.</summary>
    public const string NeverSignalled = "HL0113";
}
