namespace Handoff.Tracing.Mappings;

/// <summary>How well an unmap has to fit a list.</summary>
internal enum ListMatch
{
    /// <summary>In every respect.</summary>
    Exact,

    /// <summary>The same buffers, perhaps another direction or other attributes.</summary>
    SameBuffers,

    /// <summary>The first buffer and some that follow.</summary>
    BeginsAlike,
}
