using Handoff.Kernels;

namespace Handoff.Sharing;

/// <summary>What is known of the heaps without any buffer: names, block sizes, attributes.</summary>
public static class DmaHeaps
{
    /// <summary>Block sizes that the system heaps try, as powers of two of pages: 1 MiB, 64 KiB and 4 KiB with 4-KiB pages.</summary>
    public static ReadOnlySpan<int> Orders => [8, 4, 0];

    /// <summary>The heap's name under <c>/dev/dma_heap</c>.</summary>
    public static string NameOf(DmaHeapKind kind) => kind switch
    {
        DmaHeapKind.System => "system",
        DmaHeapKind.SystemDma32 => "system-dma32",
        DmaHeapKind.SystemUncached => "system-uncached",
        DmaHeapKind.SystemUncachedDma32 => "system-uncached-dma32",
        DmaHeapKind.SystemCcShared => "system_cc_shared",
        _ => "linux,cma",
    };

    /// <summary>Whether user space looks at the heap's memory past the caches, and nothing is synced.</summary>
    public static bool IsUncached(DmaHeapKind kind) => kind is DmaHeapKind.SystemUncached or DmaHeapKind.SystemUncachedDma32;

    /// <summary>Whether a kernel has the heap. A heap can be used on any kernel all the same: vendors do.</summary>
    public static bool IsBuilt(DmaHeapKind kind, KernelSwitches kernel) => kind switch
    {
        DmaHeapKind.System or DmaHeapKind.Cma => true,
        DmaHeapKind.SystemCcShared => kernel.CcShared != CcShared.Unknown,
        _ => kernel.UncachedHeap,
    };

    /// <summary>Attributes with which a heap maps and unmaps its importers.</summary>
    public static DmaAttributes AttributesOf(DmaHeapKind kind, KernelSwitches kernel) => ProposedAttributes(kernel)
        | (IsUncached(kind) ? DmaAttributes.SkipCpuSync : 0)
        | (kind == DmaHeapKind.SystemCcShared ? DmaAttributes.CcShared : 0);

    /// <summary>Attributes with which udmabuf maps and unmaps its importers.</summary>
    public static DmaAttributes AttributesOfUdmabuf(KernelSwitches kernel) =>
        ProposedAttributes(kernel) | (kernel.UdmabufSkipsSync ? DmaAttributes.SkipCpuSync : 0);

    /// <summary>Attributes that proposals make every exporter pass; none in a released kernel.</summary>
    public static DmaAttributes ProposedAttributes(KernelSwitches kernel) =>
        (kernel.NoBounce == NoBounce.ExportersToo ? DmaAttributes.NoBounce : 0)
        | (kernel.ExportersRequireCoherent ? DmaAttributes.RequireCoherent : 0);
}
