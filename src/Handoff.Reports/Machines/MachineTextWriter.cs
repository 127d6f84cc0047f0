using Handoff.Litmus.Language;
using Handoff.Reports.Text;

namespace Handoff.Reports.Machines;

/// <summary>Machines by name, as text.</summary>
public static class MachineTextWriter
{
    /// <summary>All names, with what is particular about each.</summary>
    public static void WriteList(Ink ink, int width)
    {
        ink.WriteLine("Machines", Tone.Strong);
        NameList.Write(ink, width, [.. KnownMachines.All.Select(machine => (machine.Name, machine.Description))]);
        ink.WriteLine();
        foreach (string line in TextWidth.Wrap("In a test, machine { on arm64-nc-6g } takes from it what the test does not say. On the command line, --on arm64-nc-6g puts every test on it; tests that say they are of another kind are left out.", width))
            ink.WriteLine(line);
    }

    /// <summary>One machine, as items of the language.</summary>
    public static void Write(KnownMachine machine, Ink ink, int width)
    {
        ink.Write(machine.Name, Tone.Strong).WriteLine();
        foreach (string line in TextWidth.Wrap(machine.Description, width))
            ink.WriteLine(line);
        ink.WriteLine();
        NameList.Write(ink, width, [.. Items(machine)]);
    }

    private static IEnumerable<(string Name, string Text)> Items(KnownMachine machine)
    {
        yield return ($"arch {LitmusPrinter.NameOf(machine.Architecture)}", "architecture");
        yield return ($"ram {machine.Ram >> 30}G", "RAM, in the architecture's usual layout");
        yield return ($"line {machine.Line}", "bytes of a cache line");
        yield return ($"cpus {machine.Cpus}", "processors: areas of the bounce pool");
        yield return (machine.Coherent ? "coherent" : "noncoherent", machine.Coherent ? "devices snoop the caches" : "devices see memory only");
        if (machine.Swiotlb.Length > 0)
            yield return ($"swiotlb \"{machine.Swiotlb}\"", "the text after swiotlb= on the kernel command line");
        if (machine.RestrictedPool is { } pool)
            yield return ($"restricted_pool {pool >> 20}M", "of every device");
        if (machine.Encryption != MemoryEncryption.None)
            yield return ("encryption guest", "memory encryption");
        yield return (machine.ForcesBounce ? "forced" : "not forced", machine.ForcesBounce ? "every mapping bounces" : "mappings bounce only where they have to");
    }
}
