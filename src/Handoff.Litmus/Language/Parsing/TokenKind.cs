namespace Handoff.Litmus.Language;

/// <summary>Kinds of tokens.</summary>
internal enum TokenKind
{
    /// <summary>End of the text.</summary>
    End,

    /// <summary>A word.</summary>
    Word,

    /// <summary>A number, possibly with a size suffix.</summary>
    Number,

    /// <summary>A string in double quotes.</summary>
    String,

    /// <summary>A sign.</summary>
    Sign,

    /// <summary>Characters that the language does not have; reported where they are read.</summary>
    Bad,
}
