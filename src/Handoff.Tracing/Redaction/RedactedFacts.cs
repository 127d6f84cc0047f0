using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Handoff.Tracing.Bundles;

namespace Handoff.Tracing.Redaction;

/// <summary>Writes what findings need of a machine's facts, under other names, in the files that facts are read from. Everything else is left out.</summary>
/// <param name="facts">The facts.</param>
/// <param name="nameOf">A device's other name.</param>
/// <param name="move">Where a pool goes.</param>
/// <param name="keepDrivers">Whether drivers' names may be told.</param>
internal sealed class RedactedFacts(MachineFacts facts, Func<string, string> nameOf, Func<MemoryRange, MemoryRange> move, bool keepDrivers)
{
    // Words of the command line that decide about mappings; all others stay at home.
    private static readonly string[] Parameters =
        ["swiotlb", "iommu", "intel_iommu", "amd_iommu", "iommu.passthrough", "iommu.strict", "arm-smmu.disable_bypass", "cma", "coherent_pool", "mem", "mem_encrypt", "dma_debug", "maxcpus", "nr_cpus"];

    // Drivers that ask for something the recording alone does not show.
    private static readonly string[] PublicDrivers = ["nvme"];

    /// <summary>Writes the files.</summary>
    internal void Write(string directory)
    {
        bool Has(string name) => facts.Files.Any(file => TraceBundle.PlainName(file) == name);
        string[] devices = [.. DevicesOf().Distinct()];
        File.WriteAllText(Path.Combine(directory, "machine.txt"), Machine(devices));
        if (Has("dmesg.txt"))
            File.WriteAllText(Path.Combine(directory, "dmesg.txt"), Messages());
        if (facts.DeviceTree is not null)
            File.WriteAllText(Path.Combine(directory, "machine.dts"), Tree(devices));
        string probe = Probe(devices);
        if (probe.Length > 0)
            File.WriteAllText(Path.Combine(directory, "probe.txt"), probe);
        if (!facts.Rings.IsEmpty)
            File.WriteAllText(Path.Combine(directory, "trace_stats.txt"), string.Concat(facts.Rings.Select(static ring => string.Create(CultureInfo.InvariantCulture, $"== cpu{ring.Cpu}\nentries: {ring.Entries}\noverrun: {ring.Overrun}\ndropped events: {ring.Dropped}\n"))));
    }

    /// <summary>The numbers of a kernel's release, without what its builder added.</summary>
    internal static string Version(string release)
    {
        int end = 0;
        while (end < release.Length && (char.IsAsciiDigit(release[end]) || release[end] == '.'))
            end++;
        return release[..end].TrimEnd('.');
    }

    private IEnumerable<string> DevicesOf()
    {
        foreach (PciDeviceFacts pci in facts.PciDevices)
            yield return pci.Name;
        foreach (string name in facts.TranslatedDevices.Concat(facts.RestrictedDevices.Keys))
            yield return name;
        foreach (ProbeLine line in facts.Probe.Where(static line => line.Kind == "dev"))
            yield return line.Text("name");
        foreach (DeviceTreeNode node in facts.DeviceTree?.All() ?? [])
        {
            if (node.Name.Length > 0)
                yield return node.DeviceName;
        }
    }

    private string Machine(string[] devices)
    {
        var text = new StringBuilder();
        if (facts.KernelRelease.Length > 0)
            text.Append(CultureInfo.InvariantCulture, $"## uname\nLinux host {Version(facts.KernelRelease)} {facts.MachineName} GNU/Linux\n");
        text.Append("## cmdline\n").AppendJoin(' ', facts.CommandLine.Split(' ').Where(static word => Parameters.Contains(word.Split('=')[0])).Select(static word => word.Split('@')[0])).Append('\n');
        if (facts.PageSize is { } page)
            text.Append(CultureInfo.InvariantCulture, $"## page_size\n{page}\n");
        text.Append("## iomem\n");
        foreach (MemoryRange range in facts.Ram?.Ranges ?? [])
            text.Append(CultureInfo.InvariantCulture, $"{range.Start.Value:x8}-{range.Start.Value + range.Size - 1:x8} : System RAM\n");
        text.Append("## swiotlb\n");
        foreach (var (name, value) in facts.SwiotlbCounters)
            text.Append(CultureInfo.InvariantCulture, $"/sys/kernel/debug/swiotlb/{name} {value}\n");
        if (facts.DynamicPools && !facts.SwiotlbCounters.ContainsKey("io_tlb_transient_nslabs"))
            text.Append("/sys/kernel/debug/swiotlb/pool/io_tlb_transient_nslabs 0\n");
        text.Append("## dma-api debugfs\n");
        if (facts.DmaApiDebug)
            text.Append("/sys/kernel/debug/dma-api/disabled N\n");
        text.Append("## pci (addr vendor:device class driver dma_mask_bits consistent_dma_mask_bits iommu_group)\n");
        foreach (PciDeviceFacts pci in facts.PciDevices)
        {
            string driver = keepDrivers || PublicDrivers.Contains(pci.Driver) ? pci.Driver : "-";
            text.Append(CultureInfo.InvariantCulture, $"{nameOf(pci.Name)} 0x0000:0x0000 0x000000 {driver} {pci.MaskBits} {pci.CoherentMaskBits} \n");
        }

        text.Append("## iommu groups\n");
        foreach (string device in devices.Where(facts.TranslatedDevices.Contains))
            text.Append(CultureInfo.InvariantCulture, $"0 type=DMA {nameOf(device)}\n");
        return text.ToString();
    }

    private string Messages()
    {
        var text = new StringBuilder();
        if (facts.Swiotlb is { } known)
        {
            MemoryRange pool = move(known);
            text.Append(CultureInfo.InvariantCulture, $"software IO TLB: mapped [mem 0x{pool.Start.Value:x16}-0x{pool.Start.Value + pool.Size:x16}] ({pool.Size >> 20}MB)\n");
        }

        if (facts.SwiotlbAreas > 0)
            text.Append(CultureInfo.InvariantCulture, $"software IO TLB: area num {facts.SwiotlbAreas}.\n");
        text.Append(CultureInfo.InvariantCulture, $"SLUB: HWalign={facts.CacheAlignment ?? 64}, Order=0-3, MinObjects=0, CPUs={facts.Cpus}, Nodes=1\n");
        for (int i = 0; i < facts.RestrictedPools.Length; i++)
        {
            RestrictedPoolFacts restricted = facts.RestrictedPools[i];
            ulong start = move(restricted.Range).Start.Value, size = restricted.Range.Size;
            text.Append(CultureInfo.InvariantCulture, $"Reserved memory: created restricted DMA pool at 0x{start:x16}, size {size >> 20} MiB\n");
            text.Append(CultureInfo.InvariantCulture, $"OF: reserved mem: 0x{start:x16}..0x{start + size - 1:x16} ({size >> 10} KiB) map non-reusable pool-{i + 1}\n");
            foreach (var (device, region) in facts.RestrictedDevices.Where(pair => pair.Value == restricted.Name))
                text.Append(CultureInfo.InvariantCulture, $"{nameOf(device)}: assigned reserved memory node pool-{i + 1}\n");
        }

        if (facts.HasAcpi)
            text.Append("[    0.000000] ACPI: RSDP 0x0\n");
        if (facts.DmaApiDebug)
            text.Append("DMA-API: preallocated 65536 debug entries\n");
        if (facts.IsEncryptedGuest)
            text.Append("Memory Encryption Features active: AMD SEV\n");
        return text.ToString();
    }

    // One bus for each device with windows or a pool of its own. PCI functions share their host bridge.
    private string Tree(string[] devices)
    {
        var text = new StringBuilder("/dts-v1/;\n\n/ {\n\t#address-cells = <0x02>;\n\t#size-cells = <0x02>;\n");
        DeviceTreeNode? bridge = facts.DeviceTree!.All().FirstOrDefault(static node => node.Name.StartsWith("pcie@", StringComparison.Ordinal) || node.Name.StartsWith("pci@", StringComparison.Ordinal));
        if (bridge is not null)
        {
            text.Append("\tpcie@0 {\n\t\t#address-cells = <0x02>;\n\t\t#size-cells = <0x02>;\n");
            if (facts.IsCoherent("0000:00:00.0") && facts.Probe.IsEmpty)
                text.Append("\t\tdma-coherent;\n");
            Windows(text, facts.RangesOf("0000:00:00.0"));
            text.Append("\t};\n");
        }

        int bus = 0;
        foreach (string device in devices.Where(static device => !MachineFacts.IsPci(device)))
        {
            ImmutableArray<DmaRange> windows = facts.RangesOf(device);
            string name = nameOf(device);
            text.Append(CultureInfo.InvariantCulture, $"\tbus@{++bus} {{\n\t\t#address-cells = <0x02>;\n\t\t#size-cells = <0x02>;\n");
            Windows(text, windows);
            int dot = name.IndexOf('.', StringComparison.Ordinal);
            text.Append(CultureInfo.InvariantCulture, $"\t\t{(dot > 0 ? $"{name[(dot + 1)..]}@{name[..dot]}" : name)} {{\n\t\t\t{(facts.IsCoherent(device) ? "dma-coherent" : "dma-noncoherent")};\n\t\t}};\n\t}};\n");
        }

        return text.Append("};\n").ToString();
    }

    private static void Windows(StringBuilder text, ImmutableArray<DmaRange> windows)
    {
        if (windows.IsEmpty)
            return;
        text.Append("\t\tdma-ranges = <");
        foreach (DmaRange window in windows)
        {
            foreach (ulong number in (ReadOnlySpan<ulong>)[window.DmaStart.Value, window.CpuStart.Value, window.Size])
                text.Append(CultureInfo.InvariantCulture, $"0x{number >> 32:x} 0x{number & uint.MaxValue:x} ");
        }

        text.Append(">;\n");
    }

    private string Probe(string[] devices)
    {
        var text = new StringBuilder();
        foreach (string device in devices)
        {
            bool isProbed = facts.ProbeOf(device) is not null;
            if (isProbed || (facts.DeviceTree is not null && MachineFacts.IsPci(device)))
            {
                text.Append(CultureInfo.InvariantCulture, $"HP dev name={nameOf(device)} coh={(facts.IsCoherent(device) ? 1 : 0)}");
                if (facts.CacheAlignment is { } align)
                    text.Append(CultureInfo.InvariantCulture, $" align={align}");
                text.Append(CultureInfo.InvariantCulture, $" iommu={(facts.TranslatedDevices.Contains(device) ? 1 : 0)}\n");
            }
        }

        return text.ToString();
    }
}
