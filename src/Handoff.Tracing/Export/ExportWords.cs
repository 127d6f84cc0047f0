using Handoff.Ownership;

namespace Handoff.Tracing.Export;

/// <summary>Words for what numbers stand for.</summary>
internal static class ExportWords
{
    private const int NoDirection = 4; // none that the kernel has

    /// <summary>Adds a direction.</summary>
    internal static void Add(this TextColumn column, DmaDirection direction, bool isKnown = true)
    {
        int id = isKnown && (uint)direction < NoDirection ? (int)direction : NoDirection;
        column.Add(id, id == NoDirection ? null : Of(direction));
    }

    /// <summary>Adds a kind of mapping.</summary>
    internal static void Add(this TextColumn column, MappingKind kind) => column.Add((int)kind, Of(kind));

    private static string Of(DmaDirection direction) => direction switch
    {
        DmaDirection.Bidirectional => "bidirectional",
        DmaDirection.ToDevice => "to_device",
        DmaDirection.FromDevice => "from_device",
        _ => "none",
    };

    private static string Of(MappingKind kind) => kind switch
    {
        MappingKind.Single => "single",
        MappingKind.Sg => "list",
        MappingKind.Coherent => "coherent",
        MappingKind.Resource => "resource",
        _ => "noncoherent",
    };
}
