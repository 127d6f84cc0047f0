namespace Handoff.Litmus.Language;

/// <summary>How a check recognises a failure.</summary>
public enum CheckKind
{
    /// <summary><c>dma_mapping_error(dev, dma)</c>.</summary>
    MappingError,

    /// <summary><c>IS_ERR(x)</c>.</summary>
    IsErr,

    /// <summary><c>!x</c>: zero or NULL.</summary>
    IsZero,

    /// <summary><c>x</c>: any error number.</summary>
    IsNonZero,

    /// <summary><c>x &lt; 0</c>.</summary>
    IsNegative,
}
