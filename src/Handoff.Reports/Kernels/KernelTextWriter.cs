using Handoff.Kernels;
using Handoff.Reports.Text;

namespace Handoff.Reports.Kernels;

/// <summary>Kernel profiles as text: the list, one, or the differences of several.</summary>
public static class KernelTextWriter
{
    /// <summary>All names, with what is particular about each.</summary>
    public static void WriteList(Ink ink, int width)
    {
        ink.WriteLine("Kernels", Tone.Strong);
        NameList.Write(ink, width, [.. KernelProfiles.All.Select(kernel => (kernel.Name, kernel.Description))]);
        ink.WriteLine().WriteLine("Add-ons, for any kernel: linux-6.4+marinas; alone, +marinas means linux-6.12+marinas", Tone.Strong);
        NameList.Write(ink, width, [.. KernelProfiles.AddOns.Select(addOn => (addOn.Name, addOn.Description))]);
        ink.WriteLine();
        foreach (string line in TextWidth.Wrap("Ranges (linux-6.5..linux-6.12) and single switches (linux-6.12,sync_shortcut=no) work wherever kernels are asked for.", width))
            ink.WriteLine(line);
    }

    /// <summary>One kernel with all its switches.</summary>
    public static void Write(KernelProfile kernel, Ink ink, int width)
    {
        ink.Write(kernel.Name, Tone.Strong).WriteLine();
        foreach (string line in TextWidth.Wrap(kernel.Description, width))
            ink.WriteLine(line);
        ink.WriteLine();
        NameList.Write(ink, width, [.. KernelSwitchTable.All.Select(each => ($"{each.Name} = {each.ValueIn(kernel.Switches).Name}", each.Description))]);
    }

    /// <summary>The switches in which kernels differ.</summary>
    public static void WriteDifferences(IReadOnlyList<KernelProfile> kernels, Ink ink, int width)
    {
        var differing = KernelSwitchTable.All
            .Where(each => kernels.Skip(1).Any(kernel => !ReferenceEquals(each.ValueIn(kernel.Switches), each.ValueIn(kernels[0].Switches)))).ToList();
        if (differing.Count == 0)
        {
            ink.WriteLine($"{string.Join(" and ", kernels)} decide alike.");
            return;
        }

        var table = new TextTable([new Cell(""), .. kernels.Select(kernel => new Cell(kernel.ShortName, Tone.Strong))]);
        foreach (var each in differing)
            table.Add([each.Name, .. kernels.Select(kernel => new Cell(each.ValueIn(kernel.Switches).Name))]);
        table.Write(ink, width);
        ink.WriteLine();
        NameList.Write(ink, width, [.. differing.Select(each => (each.Name, $"{each.Description} ({each.History})"))]);
    }
}
