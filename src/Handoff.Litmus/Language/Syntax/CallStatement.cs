using System.Collections.Immutable;

namespace Handoff.Litmus.Language;

/// <summary><c>dma = dma_map_single(camera, b, DMA_FROM_DEVICE);</c>: a call of the kernel's or user space's API.</summary>
/// <remarks>In a map of a list without a target, the list's own name is the mapping (as in the kernel): see <see cref="ResultName"/>.</remarks>
/// <param name="Target">The name that receives the result, or <see langword="null"/>.</param>
/// <param name="Function">What is called.</param>
/// <param name="Arguments">The arguments as written.</param>
public sealed record CallStatement(Name? Target, ApiFunction Function, ImmutableArray<Argument> Arguments) : Statement
{
    /// <summary>The function's name as written, for its place.</summary>
    public Name? FunctionName { get; init; }

    /// <summary>The function's kind and parameters.</summary>
    public ApiSignature Signature => ApiSignature.Of(Function);

    /// <summary>The argument in a role, or <see langword="null"/> if it was left out.</summary>
    public Argument? this[ParameterRole role] => Signature.Find(Arguments, role);

    /// <summary>The device's name.</summary>
    public string? DeviceName => (this[ParameterRole.Device] as PlaceArgument)?.Place.Name.Text;

    /// <summary>The memory or list that a map or allocation release names, or the dma-buf of a dma-buf call.</summary>
    public Place? Memory => (this[ParameterRole.Memory] as PlaceArgument)?.Place;

    /// <summary>The mapping that an unmap, sync or check names.</summary>
    public Place? Handle => (this[ParameterRole.Handle] as PlaceArgument)?.Place;

    /// <summary>The attachment that a dma-buf call names.</summary>
    public Place? Attachment => (this[ParameterRole.Attachment] as PlaceArgument)?.Place;

    /// <summary>The size in bytes, if written.</summary>
    public ulong? Size => Number(ParameterRole.Size);

    /// <summary>The offset in bytes, if written.</summary>
    public ulong? Offset => Number(ParameterRole.Offset);

    /// <summary>The number of list entries, if written.</summary>
    public ulong? Count => Number(ParameterRole.Count);

    /// <summary>The mask, if written.</summary>
    public ulong? Mask => Number(ParameterRole.Mask);

    /// <summary>The direction, if written.</summary>
    public DmaDirection? Direction => ApiConstants.Direction(this[ParameterRole.Direction]);

    /// <summary>The attributes, none if left out.</summary>
    public DmaAttributes Attributes => ApiConstants.Attributes(this[ParameterRole.Attributes]);

    /// <summary>The flags of a sync ioctl.</summary>
    public DmaBufSyncFlags SyncFlags => ApiConstants.SyncFlags(this[ParameterRole.SyncFlags]);

    /// <summary>The allocation flags.</summary>
    public GfpFlags Gfp => ApiConstants.Gfp(this[ParameterRole.Gfp]);

    /// <summary>The second name that an allocation fills (<c>&amp;dma</c>), or <see langword="null"/>.</summary>
    public Name? OutName => (this[ParameterRole.OutHandle] as OutArgument)?.Name;

    /// <summary>The name under which the result is used later: the target, else the list of a list map.</summary>
    public string? ResultName => Target?.Text ?? (Signature.Kind == ApiKind.MapList ? Memory?.Name.Text : null);

    private ulong? Number(ParameterRole role) => (this[role] as NumberArgument)?.Value;
}
