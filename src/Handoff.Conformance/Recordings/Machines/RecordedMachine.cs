using System.Globalization;
using System.Text.RegularExpressions;
using Handoff.Kernels;
using Handoff.Logging;
using Handoff.Swiotlb;
using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Recordings.Machines;

/// <summary>A recorded machine, ready to be booted as often as needed.</summary>
internal sealed partial class RecordedMachine
{
    private readonly Dictionary<string, ulong> _emulatedMasks = [];

    public RecordedMachine(MachineFacts facts)
    {
        Facts = facts;
        Machine = facts.ToMachine();
        Kernel = RecordedKernel.Of(facts);
        ReadEmulatedMasks();
    }

    /// <summary>What the recording's files say.</summary>
    public MachineFacts Facts { get; }

    /// <summary>The hardware and command line.</summary>
    public Machine Machine { get; }

    /// <summary>The kernel.</summary>
    public KernelProfile Kernel { get; }

    /// <summary>Whether an IOMMU translates for a device.</summary>
    public bool IsTranslated(string device) => Facts.TranslatedDevices.Contains(device);

    /// <summary>Boots the machine and gives it no devices yet.</summary>
    public BootedMachine<TMemory> Boot<TMemory>(TMemory memory)
        where TMemory : struct, IMemory
    {
        var layer = new DmaLayer<TMemory>(Machine, Kernel, memory, new KernelLog(new SteadyClock()));
        var restricted = new Dictionary<string, SwiotlbAllocator>();
        foreach (RestrictedPoolFacts pool in Facts.RestrictedPools)
            restricted.TryAdd(pool.Name, SwiotlbAllocator.Restricted(pool.Name, pool.Range, Kernel.Switches.DynamicPools));
        return new BootedMachine<TMemory>(this, layer, restricted);
    }

    /// <summary>Address bits that an emulated edu device really drives (an option of the emulator); all of them if not said.</summary>
    public ulong EmulatedMaskOf(string device) => _emulatedMasks.GetValueOrDefault(device, ulong.MaxValue);

    private void ReadEmulatedMasks()
    {
        if (PackedFile.Find(Facts.Directory, "qemu-cmdline.txt") is not { } path)
            return;
        string line;
        try
        {
            using var reader = new StreamReader(PackedFile.Open(path));
            line = reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return; // the option is then taken to be absent
        }

        // The emulator makes devices in the order of its command line, and the probe finds them in the order of their addresses.
        IEnumerable<string> devices = Facts.Probe.Where(static l => l.Kind == "dev" && l.Text("edu") == "1").Select(static l => l.Text("name")).Distinct().Order(StringComparer.Ordinal);
        foreach ((string device, Match option) in devices.Zip(EduDevice().Matches(line.Replace("\\", "", StringComparison.Ordinal))))
        {
            if (ulong.TryParse(option.Groups[1].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong mask))
                _emulatedMasks[device] = mask;
        }
    }

    [GeneratedRegex(@"-device edu(?:,dma_mask=0x([0-9a-f]{1,16}))?\b")]
    private static partial Regex EduDevice();
}
