using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Handoff.Litmus.Language;

/// <summary>The parameters, the result and the family of an API function.</summary>
/// <remarks>
/// Optional parameters may be left out anywhere: an argument goes to the first parameter, from left to right, that it can be by its
/// form (name, number, constant, <c>&amp;name</c>).
/// </remarks>
public sealed class ApiSignature
{
    private static readonly ImmutableArray<ApiSignature> s_all = // index: the function's number
    [
        new(ApiFunction.DmaMapSingle, "dma_map_single", ApiKind.Map, SymbolKind.Mapping, Need(ParameterRole.Device), Need(ParameterRole.Memory), Maybe(ParameterRole.Size), Need(ParameterRole.Direction), Maybe(ParameterRole.Attributes)),
        new(ApiFunction.DmaMapSingleAttrs, "dma_map_single_attrs", ApiKind.Map, SymbolKind.Mapping, Need(ParameterRole.Device), Need(ParameterRole.Memory), Maybe(ParameterRole.Size), Need(ParameterRole.Direction), Need(ParameterRole.Attributes)),
        new(ApiFunction.DmaUnmapSingle, "dma_unmap_single", ApiKind.Unmap, null, Need(ParameterRole.Device), Need(ParameterRole.Handle), Maybe(ParameterRole.Size), Need(ParameterRole.Direction), Maybe(ParameterRole.Attributes)),
        new(ApiFunction.DmaUnmapSingleAttrs, "dma_unmap_single_attrs", ApiKind.Unmap, null, Need(ParameterRole.Device), Need(ParameterRole.Handle), Maybe(ParameterRole.Size), Need(ParameterRole.Direction), Need(ParameterRole.Attributes)),
        new(ApiFunction.DmaMapPage, "dma_map_page", ApiKind.Map, SymbolKind.Mapping, Need(ParameterRole.Device), Need(ParameterRole.Memory), Maybe(ParameterRole.Offset), Maybe(ParameterRole.Size), Need(ParameterRole.Direction), Maybe(ParameterRole.Attributes)),
        new(ApiFunction.DmaMapPageAttrs, "dma_map_page_attrs", ApiKind.Map, SymbolKind.Mapping, Need(ParameterRole.Device), Need(ParameterRole.Memory), Maybe(ParameterRole.Offset), Maybe(ParameterRole.Size), Need(ParameterRole.Direction), Need(ParameterRole.Attributes)),
        new(ApiFunction.DmaUnmapPage, "dma_unmap_page", ApiKind.Unmap, null, Need(ParameterRole.Device), Need(ParameterRole.Handle), Maybe(ParameterRole.Size), Need(ParameterRole.Direction), Maybe(ParameterRole.Attributes)),
        new(ApiFunction.DmaUnmapPageAttrs, "dma_unmap_page_attrs", ApiKind.Unmap, null, Need(ParameterRole.Device), Need(ParameterRole.Handle), Maybe(ParameterRole.Size), Need(ParameterRole.Direction), Need(ParameterRole.Attributes)),
        new(ApiFunction.DmaMapPhys, "dma_map_phys", ApiKind.Map, SymbolKind.Mapping, Need(ParameterRole.Device), Need(ParameterRole.Memory), Maybe(ParameterRole.Size), Need(ParameterRole.Direction), Maybe(ParameterRole.Attributes)),
        new(ApiFunction.DmaUnmapPhys, "dma_unmap_phys", ApiKind.Unmap, null, Need(ParameterRole.Device), Need(ParameterRole.Handle), Maybe(ParameterRole.Size), Need(ParameterRole.Direction), Maybe(ParameterRole.Attributes)),
        new(ApiFunction.DmaMapResource, "dma_map_resource", ApiKind.Map, SymbolKind.Mapping, Need(ParameterRole.Device), Need(ParameterRole.Memory), Maybe(ParameterRole.Size), Need(ParameterRole.Direction), Maybe(ParameterRole.Attributes)),
        new(ApiFunction.DmaUnmapResource, "dma_unmap_resource", ApiKind.Unmap, null, Need(ParameterRole.Device), Need(ParameterRole.Handle), Maybe(ParameterRole.Size), Need(ParameterRole.Direction), Maybe(ParameterRole.Attributes)),
        new(ApiFunction.DmaMapSg, "dma_map_sg", ApiKind.MapList, SymbolKind.Mapping, Need(ParameterRole.Device), Need(ParameterRole.Memory), Maybe(ParameterRole.Count), Need(ParameterRole.Direction), Maybe(ParameterRole.Attributes)),
        new(ApiFunction.DmaMapSgAttrs, "dma_map_sg_attrs", ApiKind.MapList, SymbolKind.Mapping, Need(ParameterRole.Device), Need(ParameterRole.Memory), Maybe(ParameterRole.Count), Need(ParameterRole.Direction), Need(ParameterRole.Attributes)),
        new(ApiFunction.DmaMapSgtable, "dma_map_sgtable", ApiKind.MapList, SymbolKind.Mapping, Need(ParameterRole.Device), Need(ParameterRole.Memory), Need(ParameterRole.Direction), Maybe(ParameterRole.Attributes)),
        new(ApiFunction.DmaUnmapSg, "dma_unmap_sg", ApiKind.UnmapList, null, Need(ParameterRole.Device), Need(ParameterRole.Handle), Maybe(ParameterRole.Count), Need(ParameterRole.Direction), Maybe(ParameterRole.Attributes)),
        new(ApiFunction.DmaUnmapSgAttrs, "dma_unmap_sg_attrs", ApiKind.UnmapList, null, Need(ParameterRole.Device), Need(ParameterRole.Handle), Maybe(ParameterRole.Count), Need(ParameterRole.Direction), Need(ParameterRole.Attributes)),
        new(ApiFunction.DmaUnmapSgtable, "dma_unmap_sgtable", ApiKind.UnmapList, null, Need(ParameterRole.Device), Need(ParameterRole.Handle), Need(ParameterRole.Direction), Maybe(ParameterRole.Attributes)),
        new(ApiFunction.DmaSyncSingleForCpu, "dma_sync_single_for_cpu", ApiKind.Sync, null, Need(ParameterRole.Device), Need(ParameterRole.Handle), Maybe(ParameterRole.Size), Need(ParameterRole.Direction)),
        new(ApiFunction.DmaSyncSingleRangeForCpu, "dma_sync_single_range_for_cpu", ApiKind.Sync, null, Need(ParameterRole.Device), Need(ParameterRole.Handle), Need(ParameterRole.Offset), Need(ParameterRole.Size), Need(ParameterRole.Direction)),
        new(ApiFunction.DmaSyncSgForCpu, "dma_sync_sg_for_cpu", ApiKind.Sync, null, Need(ParameterRole.Device), Need(ParameterRole.Handle), Maybe(ParameterRole.Count), Need(ParameterRole.Direction)),
        new(ApiFunction.DmaSyncSgtableForCpu, "dma_sync_sgtable_for_cpu", ApiKind.Sync, null, Need(ParameterRole.Device), Need(ParameterRole.Handle), Need(ParameterRole.Direction)),
        new(ApiFunction.DmaSyncSingleForDevice, "dma_sync_single_for_device", ApiKind.Sync, null, Need(ParameterRole.Device), Need(ParameterRole.Handle), Maybe(ParameterRole.Size), Need(ParameterRole.Direction)),
        new(ApiFunction.DmaSyncSingleRangeForDevice, "dma_sync_single_range_for_device", ApiKind.Sync, null, Need(ParameterRole.Device), Need(ParameterRole.Handle), Need(ParameterRole.Offset), Need(ParameterRole.Size), Need(ParameterRole.Direction)),
        new(ApiFunction.DmaSyncSgForDevice, "dma_sync_sg_for_device", ApiKind.Sync, null, Need(ParameterRole.Device), Need(ParameterRole.Handle), Maybe(ParameterRole.Count), Need(ParameterRole.Direction)),
        new(ApiFunction.DmaSyncSgtableForDevice, "dma_sync_sgtable_for_device", ApiKind.Sync, null, Need(ParameterRole.Device), Need(ParameterRole.Handle), Need(ParameterRole.Direction)),
        new(ApiFunction.DmaMappingError, "dma_mapping_error", ApiKind.Query, SymbolKind.Value, Need(ParameterRole.Device), Need(ParameterRole.Handle)),
        new(ApiFunction.DmaNeedSync, "dma_need_sync", ApiKind.Query, SymbolKind.Value, Need(ParameterRole.Device), Need(ParameterRole.Handle)),
        new(ApiFunction.DmaSetMask, "dma_set_mask", ApiKind.Mask, SymbolKind.Value, Need(ParameterRole.Device), Need(ParameterRole.Mask)),
        new(ApiFunction.DmaSetCoherentMask, "dma_set_coherent_mask", ApiKind.Mask, SymbolKind.Value, Need(ParameterRole.Device), Need(ParameterRole.Mask)),
        new(ApiFunction.DmaSetMaskAndCoherent, "dma_set_mask_and_coherent", ApiKind.Mask, SymbolKind.Value, Need(ParameterRole.Device), Need(ParameterRole.Mask)),
        new(ApiFunction.DmaAllocCoherent, "dma_alloc_coherent", ApiKind.Allocate, SymbolKind.Allocation, Need(ParameterRole.Device), Need(ParameterRole.Size), Maybe(ParameterRole.OutHandle), Maybe(ParameterRole.Gfp)),
        new(ApiFunction.DmaAllocWc, "dma_alloc_wc", ApiKind.Allocate, SymbolKind.Allocation, Need(ParameterRole.Device), Need(ParameterRole.Size), Maybe(ParameterRole.OutHandle), Maybe(ParameterRole.Gfp)),
        new(ApiFunction.DmaAllocAttrs, "dma_alloc_attrs", ApiKind.Allocate, SymbolKind.Allocation, Need(ParameterRole.Device), Need(ParameterRole.Size), Maybe(ParameterRole.OutHandle), Maybe(ParameterRole.Gfp), Maybe(ParameterRole.Attributes)),
        new(ApiFunction.DmaFreeCoherent, "dma_free_coherent", ApiKind.Release, null, Need(ParameterRole.Device), Maybe(ParameterRole.Size), Need(ParameterRole.Memory), Maybe(ParameterRole.Handle)),
        new(ApiFunction.DmaFreeWc, "dma_free_wc", ApiKind.Release, null, Need(ParameterRole.Device), Maybe(ParameterRole.Size), Need(ParameterRole.Memory), Maybe(ParameterRole.Handle)),
        new(ApiFunction.DmaFreeAttrs, "dma_free_attrs", ApiKind.Release, null, Need(ParameterRole.Device), Maybe(ParameterRole.Size), Need(ParameterRole.Memory), Maybe(ParameterRole.Handle), Maybe(ParameterRole.Attributes)),
        new(ApiFunction.DmaAllocNoncoherent, "dma_alloc_noncoherent", ApiKind.Allocate, SymbolKind.Allocation, Need(ParameterRole.Device), Need(ParameterRole.Size), Maybe(ParameterRole.OutHandle), Need(ParameterRole.Direction), Maybe(ParameterRole.Gfp)),
        new(ApiFunction.DmaFreeNoncoherent, "dma_free_noncoherent", ApiKind.Release, null, Need(ParameterRole.Device), Maybe(ParameterRole.Size), Need(ParameterRole.Memory), Maybe(ParameterRole.Handle), Need(ParameterRole.Direction)),
        new(ApiFunction.DmaAllocPages, "dma_alloc_pages", ApiKind.Allocate, SymbolKind.Allocation, Need(ParameterRole.Device), Need(ParameterRole.Size), Maybe(ParameterRole.OutHandle), Need(ParameterRole.Direction), Maybe(ParameterRole.Gfp)),
        new(ApiFunction.DmaFreePages, "dma_free_pages", ApiKind.Release, null, Need(ParameterRole.Device), Maybe(ParameterRole.Size), Need(ParameterRole.Memory), Maybe(ParameterRole.Handle), Need(ParameterRole.Direction)),
        new(ApiFunction.DmaBufAttach, "dma_buf_attach", ApiKind.DmaBuf, SymbolKind.Attachment, Need(ParameterRole.Memory), Need(ParameterRole.Device)),
        new(ApiFunction.DmaBufDetach, "dma_buf_detach", ApiKind.DmaBuf, null, Maybe(ParameterRole.Memory), Need(ParameterRole.Attachment)),
        new(ApiFunction.DmaBufMapAttachment, "dma_buf_map_attachment", ApiKind.DmaBuf, SymbolKind.Mapping, Need(ParameterRole.Attachment), Need(ParameterRole.Direction)),
        new(ApiFunction.DmaBufMapAttachmentUnlocked, "dma_buf_map_attachment_unlocked", ApiKind.DmaBuf, SymbolKind.Mapping, Need(ParameterRole.Attachment), Need(ParameterRole.Direction)),
        new(ApiFunction.DmaBufUnmapAttachment, "dma_buf_unmap_attachment", ApiKind.DmaBuf, null, Need(ParameterRole.Attachment), Need(ParameterRole.Handle), Need(ParameterRole.Direction)),
        new(ApiFunction.DmaBufUnmapAttachmentUnlocked, "dma_buf_unmap_attachment_unlocked", ApiKind.DmaBuf, null, Need(ParameterRole.Attachment), Need(ParameterRole.Handle), Need(ParameterRole.Direction)),
        new(ApiFunction.DmaBufBeginCpuAccess, "dma_buf_begin_cpu_access", ApiKind.DmaBuf, SymbolKind.Value, Need(ParameterRole.Memory), Need(ParameterRole.Direction)),
        new(ApiFunction.DmaBufEndCpuAccess, "dma_buf_end_cpu_access", ApiKind.DmaBuf, SymbolKind.Value, Need(ParameterRole.Memory), Need(ParameterRole.Direction)),
        new(ApiFunction.DmaBufPin, "dma_buf_pin", ApiKind.DmaBuf, SymbolKind.Value, Need(ParameterRole.Attachment)),
        new(ApiFunction.DmaBufUnpin, "dma_buf_unpin", ApiKind.DmaBuf, null, Need(ParameterRole.Attachment)),
        new(ApiFunction.DmaBufVmap, "dma_buf_vmap", ApiKind.DmaBuf, null, Need(ParameterRole.Memory)),
        new(ApiFunction.DmaBufVunmap, "dma_buf_vunmap", ApiKind.DmaBuf, null, Need(ParameterRole.Memory)),
        new(ApiFunction.Ioctl, "ioctl", ApiKind.User, SymbolKind.Value, Need(ParameterRole.Memory), Maybe(ParameterRole.Ioctl), Need(ParameterRole.SyncFlags)),
        new(ApiFunction.Free, "free", ApiKind.Free, null, Need(ParameterRole.Memory)),
    ];

    private static readonly FrozenDictionary<string, ApiSignature> s_byName = s_all.ToFrozenDictionary(s => s.Name);

    private ApiSignature(ApiFunction function, string name, ApiKind kind, SymbolKind? result, params ImmutableArray<Parameter> parameters)
    {
        Function = function;
        Name = name;
        Kind = kind;
        Result = result;
        Parameters = parameters;
    }

    /// <summary>The function.</summary>
    public ApiFunction Function { get; }

    /// <summary>The kernel's name.</summary>
    public string Name { get; }

    /// <summary>The family.</summary>
    public ApiKind Kind { get; }

    /// <summary>What a target becomes, or <see langword="null"/> if the function gives nothing.</summary>
    public SymbolKind? Result { get; }

    /// <summary>The parameters in order.</summary>
    public ImmutableArray<Parameter> Parameters { get; }

    /// <summary>All functions in the order of <see cref="ApiFunction"/>.</summary>
    public static ImmutableArray<ApiSignature> All => s_all;

    /// <summary>The signature of a function.</summary>
    public static ApiSignature Of(ApiFunction function) => s_all[(int)function];

    /// <summary>The function of that name, or <see langword="null"/>.</summary>
    public static ApiSignature? ByName(string name) => s_byName.GetValueOrDefault(name);

    /// <summary>
    /// Gives every argument its parameter. Returns the number of arguments that were placed; fewer than given means that the next one fits
    /// nowhere. <paramref name="parameterOf"/> gets the parameter's index for each placed argument.
    /// </summary>
    internal int Match(ImmutableArray<Argument> arguments, Span<int> parameterOf)
    {
        int parameter = 0;
        for (int i = 0; i < arguments.Length; i++)
        {
            while (parameter < Parameters.Length
                && (!Accepts(Parameters[parameter].Role, arguments[i]) || (Parameters[parameter].Optional && arguments.Length - i <= NeededAfter(parameter))))
            {
                if (!Parameters[parameter].Optional)
                    return i;
                parameter++;
            }

            if (parameter == Parameters.Length)
                return i;
            parameterOf[i] = parameter++;
        }

        return arguments.Length;
    }

    private int NeededAfter(int parameter)
    {
        int needed = 0;
        for (int i = parameter + 1; i < Parameters.Length; i++)
            needed += Parameters[i].Optional ? 0 : 1;
        return needed;
    }

    /// <summary>The argument in a role, or <see langword="null"/>.</summary>
    internal Argument? Find(ImmutableArray<Argument> arguments, ParameterRole role)
    {
        if (arguments.Length > MaxArguments)
            return null;
        Span<int> parameterOf = stackalloc int[MaxArguments];
        int placed = Match(arguments, parameterOf);
        for (int i = 0; i < placed; i++)
        {
            if (Parameters[parameterOf[i]].Role == role)
                return arguments[i];
        }

        return null;
    }

    /// <summary>More arguments than any function takes.</summary>
    internal const int MaxArguments = 16;

    /// <summary>Whether an argument can be in a role by its form.</summary>
    internal static bool Accepts(ParameterRole role, Argument argument) => argument switch
    {
        PlaceArgument => role is ParameterRole.Device or ParameterRole.Memory or ParameterRole.Handle or ParameterRole.Attachment,
        NumberArgument { IsBitMask: true } => role == ParameterRole.Mask,
        NumberArgument => role is ParameterRole.Offset or ParameterRole.Size or ParameterRole.Count or ParameterRole.Mask or ParameterRole.Attributes,
        OutArgument => role == ParameterRole.OutHandle,
        FlagsArgument flags => ApiConstants.RoleOf(flags) is { } known && known == role,
        _ => false,
    };

    private static Parameter Need(ParameterRole role) => new(role);

    private static Parameter Maybe(ParameterRole role) => new(role, Optional: true);
}
