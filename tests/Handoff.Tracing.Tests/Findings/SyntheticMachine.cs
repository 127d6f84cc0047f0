using Handoff.Tracing.Bundles;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>A directory with facts about a machine that never was.</summary>
internal sealed class SyntheticMachine : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("handoff-facts-").FullName;

    public SyntheticMachine(string commandLine = "", ulong poolStart = 0x7000_0000, int slots = 512, int areas = 1, bool dynamic = false, string architecture = "x86_64", string moreMessages = "", string release = "6.12.117", string tree = "", string probe = "", bool fromBoot = true)
    {
        if (commandLine.Length > 0 && fromBoot)
            commandLine += " trace_event=dma:*,swiotlb:*";
        string counters = slots == 0 ? "" : $"/sys/kernel/debug/swiotlb/io_tlb_nslabs {slots}\n" + (dynamic ? "/sys/kernel/debug/swiotlb/io_tlb_transient_nslabs 0\n" : "");
        File.WriteAllText(Path.Combine(_directory, "machine.txt"), $"## uname\nLinux host {release} #1 SMP {architecture} GNU/Linux\n## cmdline\n{commandLine}\n## iomem\n00100000-7fffffff : System RAM\n100000000-1ffffffff : System RAM\n## swiotlb\n{counters}");
        string pool = slots == 0 ? "" : $"[    0.1] software IO TLB: area num {areas}.\n[    0.1] software IO TLB: mapped [mem 0x{poolStart:x16}-0x{poolStart + ((ulong)slots * 2048):x16}]\n";
        File.WriteAllText(Path.Combine(_directory, "dmesg.txt"), pool + moreMessages);
        if (tree.Length > 0)
            File.WriteAllText(Path.Combine(_directory, "machine.dts"), tree);
        if (probe.Length > 0)
            File.WriteAllText(Path.Combine(_directory, "probe.txt"), probe);
    }

    public MachineFacts Facts => MachineFacts.Read(_directory);

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
