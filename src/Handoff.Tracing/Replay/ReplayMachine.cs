using System.Globalization;
using Handoff.Kernels;
using Handoff.Swiotlb;

namespace Handoff.Tracing.Replay;

/// <summary>Boots the machine of a configuration.</summary>
internal static class ReplayMachine
{
    /// <summary>A booted mapping layer that only counts.</summary>
    public static DmaLayer<CountingMemory> Boot(LoadMachine recorded, ReplayConfiguration configuration)
    {
        KernelProfile kernel = configuration.Kernel ?? recorded.Kernel;
        bool asRecorded = configuration is { Slots: null, DefaultSize: false, Areas: null } && configuration.Bounce != BounceMode.Never;
        if (asRecorded && recorded.Pool is { } pool)
            return BootRecorded(recorded, pool, kernel, IsForced(recorded, configuration));
        if (asRecorded && configuration.Bounce == BounceMode.AsRecorded)
            return new DmaLayer<CountingMemory>(recorded.Machine, kernel, default, swiotlb: null);

        Machine machine = recorded.Machine with { SwiotlbParameter = ParameterOf(recorded, configuration), SwiotlbStart = null };
        var layer = new DmaLayer<CountingMemory>(machine, kernel, default);
        if (layer.Swiotlb is not { } made || recorded.Pool is not { } known)
            return layer;

        // Boot code goes from the top downwards: a pool of another size ends where the recorded one does.
        ulong size = made.DefaultPool.Size;
        if (size > known.End.Value || !machine.Ram.Contains(new(known.End.Value - size), size))
            return layer;
        return new DmaLayer<CountingMemory>(machine with { SwiotlbStart = new(known.End.Value - size) }, kernel, default);
    }

    /// <summary>The text after <c>swiotlb=</c> that asks for a configuration.</summary>
    public static string ParameterOf(LoadMachine recorded, ReplayConfiguration configuration)
    {
        if (configuration.Bounce == BounceMode.Never)
            return "noforce";
        ulong? slots = configuration.DefaultSize ? null : configuration.Slots ?? recorded.Pool?.Size >> SwiotlbConstants.SlotShift;

        // As many areas as processors is what the kernel makes by itself.
        bool usual = recorded.Areas == SwiotlbParameter.RoundAreas(recorded.Machine.Cpus);
        int? areas = configuration.Areas ?? (recorded.Areas > 0 && !configuration.DefaultSize && !usual ? recorded.Areas : null);
        string text = slots?.ToString(CultureInfo.InvariantCulture) ?? "";
        if (areas is { } count)
            text += string.Create(CultureInfo.InvariantCulture, $",{count}");
        if (IsForced(recorded, configuration))
            text += text.Length > 0 ? ",force" : "force";
        return text;
    }

    private static bool IsForced(LoadMachine recorded, ReplayConfiguration configuration) =>
        configuration.Bounce == BounceMode.Forced || (configuration.Bounce == BounceMode.AsRecorded && recorded.ForceBounce);

    private static DmaLayer<CountingMemory> BootRecorded(LoadMachine recorded, MemoryRange range, KernelProfile kernel, bool force)
    {
        bool dynamic = kernel.Switches.DynamicPools;
        int slots = (int)(range.Size >> SwiotlbConstants.SlotShift);
        int areas = kernel.Switches.Areas ? Math.Max(recorded.Areas, 1) : 1;
        var allocator = new SwiotlbAllocator("swiotlb", new SwiotlbPool(range.Start, slots, areas), force, dynamic: dynamic, canGrow: dynamic)
        {
            PhysicalLimit = recorded.Machine.Zones.LowLimit,
        };
        return new DmaLayer<CountingMemory>(recorded.Machine, kernel, default, allocator);
    }
}
