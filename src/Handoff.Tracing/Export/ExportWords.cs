using Handoff.Ownership;

namespace Handoff.Tracing.Export;

/// <summary>Words for what numbers stand for.</summary>
internal static class ExportWords
{
    internal static string? Of(DmaDirection direction) => direction switch
    {
        DmaDirection.Bidirectional => "bidirectional",
        DmaDirection.ToDevice => "to_device",
        DmaDirection.FromDevice => "from_device",
        DmaDirection.None => "none",
        _ => null,
    };

    internal static string Of(MappingKind kind) => kind switch
    {
        MappingKind.Single => "single",
        MappingKind.Sg => "list",
        MappingKind.Coherent => "coherent",
        MappingKind.Resource => "resource",
        _ => "noncoherent",
    };
}
