using Handoff.Litmus.Language;

namespace Handoff.Litmus.Cures;

/// <summary>A mapping or allocation of a test by its name: which call made it, of which memory, and which calls use it.</summary>
internal sealed class MappedName
{
    private MappedName(CallStatement made, string name, string device, string[] memory) =>
        (Made, Name, Device, Memory) = (made, name, device, memory);

    public CallStatement Made { get; }

    /// <summary>The name for device and syncs.</summary>
    public string Name { get; }

    /// <summary>All its names.</summary>
    public IEnumerable<string> Names => Made.Target is { } target && target.Text != Name ? [target.Text, Name] : [Name];

    public string Device { get; }

    /// <summary>Names of the buffers behind it; of an allocation, its own.</summary>
    public string[] Memory { get; }

    /// <summary>Syncs and releases by its name, in the order of the text.</summary>
    public List<CallStatement> Uses { get; } = [];

    public string Direction => (Made[ParameterRole.Direction] as FlagsArgument)?.Names[0].Text ?? "DMA_BIDIRECTIONAL";

    public bool IsAttachment => Made.Signature.Kind == ApiKind.DmaBuf;

    /// <summary>The call that gives it to the CPU or to the device; <see langword="null"/> if drivers have none.</summary>
    public string? Sync(bool forCpu)
    {
        string whom = forCpu ? "for_cpu" : "for_device";
        return Made.Signature.Kind switch
        {
            ApiKind.Map when Made.Function != ApiFunction.DmaMapResource => $"dma_sync_single_{whom}({Device}, {Name}, {Direction});",
            ApiKind.MapList => $"dma_sync_{(Made.Function == ApiFunction.DmaMapSgtable ? "sgtable" : "sg")}_{whom}({Device}, {Name}, {Direction});",
            ApiKind.Allocate when Made[ParameterRole.Direction] is not null => $"dma_sync_single_{whom}({Device}, {Name}, {Direction});",
            _ => null,
        };
    }

    /// <summary>Name of the function that gives it to the CPU or to the device.</summary>
    public string? SyncName(bool forCpu) => Sync(forCpu) is { } call ? call[..call.IndexOf('(', StringComparison.Ordinal)] : null;

    /// <summary>The call that ends it; <see langword="null"/> for allocations.</summary>
    public string? End
    {
        get
        {
            string? function = Made.Function switch
            {
                ApiFunction.DmaMapSingle or ApiFunction.DmaMapSingleAttrs => "dma_unmap_single",
                ApiFunction.DmaMapPage or ApiFunction.DmaMapPageAttrs => "dma_unmap_page",
                ApiFunction.DmaMapPhys => "dma_unmap_phys",
                ApiFunction.DmaMapResource => "dma_unmap_resource",
                ApiFunction.DmaMapSg or ApiFunction.DmaMapSgAttrs => "dma_unmap_sg",
                ApiFunction.DmaMapSgtable => "dma_unmap_sgtable",
                ApiFunction.DmaBufMapAttachment => "dma_buf_unmap_attachment",
                ApiFunction.DmaBufMapAttachmentUnlocked => "dma_buf_unmap_attachment_unlocked",
                _ => null,
            };
            if (function is null)
                return null;
            if (IsAttachment)
                return $"{function}({Made.Attachment!.Name}, {Name}, {Direction});";
            string attributes = Made[ParameterRole.Attributes] is FlagsArgument flags ? $", {string.Join(" | ", flags.Names)}" : "";
            return $"{function}({Device}, {Name}, {Direction}{attributes});";
        }
    }

    public string EndName => End is { } call ? call[..call.IndexOf('(', StringComparison.Ordinal)] : "";

    public static MappedName? From(LitmusTest test, CallStatement call, Dictionary<string, CallStatement> attached)
    {
        switch (call.Signature.Kind)
        {
            case ApiKind.Map when call is { Target: { } target, Memory: { } memory, DeviceName: { } device }:
                return new MappedName(call, target.Text, device, [memory.Name.Text]);
            case ApiKind.MapList when call is { ResultName: { } name, Memory: { } list, DeviceName: { } device }:
                string[] buffers = test.List(list.Name.Text) is { } entries ? [.. entries.Entries.Select(e => e.Name.Text).Distinct()] : [list.Name.Text];
                return new MappedName(call, name, device, buffers);
            case ApiKind.Allocate when call is { Target: { } target, DeviceName: { } device }:
                return new MappedName(call, call.OutName?.Text ?? target.Text, device, [target.Text]);
            case ApiKind.DmaBuf when call is { Signature.Result: SymbolKind.Mapping, Target: { } target, Attachment: { } tie } && attached.TryGetValue(tie.Name.Text, out CallStatement? attach):
                return new MappedName(call, target.Text, attach.DeviceName ?? "", [attach.Memory!.Name.Text]);
            default:
                return null;
        }
    }
}
