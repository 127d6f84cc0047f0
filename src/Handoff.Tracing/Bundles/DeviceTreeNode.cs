using System.Collections.ObjectModel;

namespace Handoff.Tracing.Bundles;

/// <summary>A node of a device-tree source file.</summary>
public sealed class DeviceTreeNode
{
    private const int MostCells = 4; // that an address or a size has
    private const int MostRanges = 64; // windows of one bus; machines have a handful

    private readonly List<DeviceTreeNode> _children = [];
    private readonly Dictionary<string, IReadOnlyList<uint>> _properties = [];

    internal DeviceTreeNode(string name, DeviceTreeNode? parent)
    {
        Name = name;
        Parent = parent;
        parent?._children.Add(this);
    }

    /// <summary>Name with unit address, such as <c>pcie@10000000</c>; empty for the root.</summary>
    public string Name { get; }

    /// <summary>The node around it.</summary>
    public DeviceTreeNode? Parent { get; }

    /// <summary>The nodes in it.</summary>
    public ReadOnlyCollection<DeviceTreeNode> Children => _children.AsReadOnly();

    /// <summary>
    /// The name of the platform device made from this node: <c>a003e00.virtio_mmio</c> with a unit address, otherwise the names of the
    /// node and of those around it joined by colons.
    /// </summary>
    /// <remarks>Kernel: <c>of_device_make_bus_id()</c>, 6.12.</remarks>
    public string DeviceName
    {
        get
        {
            int at = Name.IndexOf('@');
            if (at >= 0)
                return $"{Name[(at + 1)..]}.{Name[..at]}";
            return Parent is { Name: not "" } parent ? $"{parent.DeviceName}:{Name}" : Name;
        }
    }

    /// <summary>Whether a property exists.</summary>
    public bool Has(string property) => _properties.ContainsKey(property);

    /// <summary>The cells of a property; empty if it is absent, has no value, or is text.</summary>
    public IReadOnlyList<uint> Cells(string property) => _properties.GetValueOrDefault(property, []);

    /// <summary>This node and all below it, each before those in it.</summary>
    public IEnumerable<DeviceTreeNode> All()
    {
        var next = new Stack<DeviceTreeNode>([this]);
        while (next.TryPop(out DeviceTreeNode? node))
        {
            yield return node;
            for (int i = node._children.Count - 1; i >= 0; i--)
                next.Push(node._children[i]);
        }
    }

    /// <summary>How many cells addresses of child nodes have.</summary>
    public int AddressCells => CellsOf("#address-cells", 2);

    /// <summary>How many cells sizes of child nodes have.</summary>
    public int SizeCells => CellsOf("#size-cells", 1);

    /// <summary>Windows to memory that the bus of this node has for devices on it; empty without <c>dma-ranges</c> or for an identity.</summary>
    public IReadOnlyList<DmaRange> DmaRanges()
    {
        IReadOnlyList<uint> cells = Cells("dma-ranges");
        int child = AddressCells, parent = Parent?.AddressCells ?? 2, size = SizeCells, one = child + parent + size;
        var ranges = new List<DmaRange>();
        for (int i = 0; one > 0 && i + one <= cells.Count && ranges.Count < MostRanges; i += one)
        {
            // PCI addresses have a first cell of flags; two cells hold an address otherwise.
            ulong dma = Number(cells, i, child);
            ulong cpu = Number(cells, i + child, parent);
            ranges.Add(new DmaRange(new(cpu), new(dma), Number(cells, i + child + parent, size)));
        }

        return ranges;
    }

    internal void Set(string property, IReadOnlyList<uint> cells) => _properties[property] = cells;

    /// <summary>A number of cells; what no number has so many cells as is damage.</summary>
    private int CellsOf(string property, int usual) => Cells(property) is [<= MostCells and var cells, ..] ? (int)cells : usual;

    private static ulong Number(IReadOnlyList<uint> cells, int at, int count)
    {
        ulong value = 0;
        for (int i = Math.Max(0, count - 2); i < count; i++)
            value = (value << 32) | cells[at + i];
        return value;
    }
}
